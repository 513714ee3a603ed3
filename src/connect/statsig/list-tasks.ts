// Looks whether the ID lists that the settings name are there and hold ids of the right type.

import { isJsonObject } from '../../model/segment-event.js';
import { compileAudiences } from '../../settings/compile-audiences.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import { listPath } from '../../statsig/console-api.js';
import { readList, whyUnfit } from '../../targets/statsig-lists/list-look.js';
import type { HandStep } from '../step.js';
import type { Task } from '../tasks.js';
import type { ConsoleApi } from './console.js';

/** A list that the settings name, for an audience. */
interface WantedList {
  readonly listId: string;
  readonly idType: string;
  readonly createMissing: boolean;
}

function clicks({ listId, idType }: WantedList): readonly HandStep[] {
  return [
    { text: 'In Statsig: Segments, Create New Segment, type ID List. Its id:', paste: listId },
    { text: 'Its ID type:', paste: idType },
    { text: 'Or set `audiences.createMissing: true`: the first change makes the list.' },
  ];
}

async function taskFor(wanted: WantedList, api: ConsoleApi): Promise<Task> {
  const { listId, idType, createMissing } = wanted;
  const id = `list:${listId}`;
  const call = { method: 'GET', url: api.url(listPath(listId)) };
  const data = await api.look(listPath(listId));
  if (data === undefined && createMissing)
    return {
      step: { id, title: `The ID list ${listId} is made with its first change`, kind: 'call', state: 'there', call },
    };
  if (data === undefined) {
    const title = `The ID list ${listId} is not there`;
    return { step: { id, title, kind: 'by-hand', state: 'to-do', byHand: clicks(wanted) } };
  }
  const why = whyUnfit(wanted, isJsonObject(data) ? readList(data) : {});
  if (why !== undefined) return { step: { id, title: why, kind: 'by-hand', state: 'to-do' } };
  return {
    step: { id, title: `The ID list ${listId} holds ids of type ${idType}`, kind: 'call', state: 'there', call },
  };
}

/** The tasks about ID lists; reads each. Lists that are called as their audience are not in the settings. @throws ConnectError */
export async function listTasks(document: WorkspaceDocument | undefined, api: ConsoleApi): Promise<readonly Task[]> {
  const audiences = document === undefined ? undefined : compileAudiences(document);
  if (audiences === undefined) return [];
  const { lists, createMissing } = audiences;
  const wanted = new Map([...lists.values()].map(({ id, idType }) => [id, idType]));
  const tasks: Task[] = [];
  // One after the other: Statsig counts them.
  for (const [listId, idType] of wanted) tasks.push(await taskFor({ listId, idType, createMissing }, api));
  return tasks;
}
