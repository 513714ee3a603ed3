// Compares the ID types that the settings name with those of the project: a metric has no units of an ID type that is not there.

import { findNearestName } from '../../settings/nearest-name.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import { ID_TYPES } from '../../statsig/console-api.js';
import type { HandStep } from '../step.js';
import type { Task } from '../tasks.js';
import type { ConsoleApi } from './console.js';
import { readDocuments } from './documents.js';
import { findNamedIdTypes, IN_EVENTS, type NamedIdType, OWN_ID_TYPES } from './named-id-types.js';
import type { ConnectStatsigOptions, WhichIdTypes } from './options.js';

/** What is made here says so, in the only field that there is for it. */
export function descriptionOf(workspace: string): string {
  return `Made by statsig-cdp connect for the workspace ${workspace}.`;
}

/** The names of the project's ID types. @throws ConnectError */
export async function listIdTypes(api: ConsoleApi): Promise<readonly string[]> {
  const items = await api.list(ID_TYPES);
  return items.flatMap(({ name }) => (typeof name === 'string' && name !== '' ? [name] : []));
}

/** How the step about one begins its id. */
const ID_STEP = 'id-type:';

/** Names that are shown of many. */
const MOST_SHOWN = 50;

function and(texts: readonly string[]): string {
  const more = texts.length - MOST_SHOWN;
  return texts.slice(0, MOST_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Names that only stand in events are a sender's: anybody with a public write key could have types made. */
const isSendersAlone = ({ places }: NamedIdType) => places.every((place) => place === IN_EVENTS);

function isWanted(named: NamedIdType, slipOf: string | undefined, create: WhichIdTypes): boolean {
  if (create === 'none') return false;
  if (create !== 'missing') return create.includes(named.name);
  return slipOf === undefined && !isSendersAlone(named);
}

/** How it is made by this command; nothing for a name that a shell might run. */
function orMake(name: string, isNameNeeded: boolean, why: string): readonly HandStep[] {
  if (!isNameNeeded) return [{ text: `${why}run this again with --create` }];
  return /^\w[\w-]*$/.test(name) ? [{ text: `${why}run this again with --create ${name}` }] : [];
}

/** Why it matters, in the words of who looks for the cause. */
function noteOf({ places }: NamedIdType): string {
  const named = `Named at ${and(places)}.`;
  return places.every((place) => place.startsWith('outbound.'))
    ? `${named} No user of Statsig's has such an id, so that the row finds nothing.`
    : `${named} Statsig keeps such an id and counts it to no one: metrics of this ID type have no units.`;
}

function byHand(named: NamedIdType, slipOf: string | undefined): readonly HandStep[] {
  const { name, places } = named;
  const inSettings = places.filter((place) => place !== IN_EVENTS);
  if (slipOf !== undefined)
    return [
      ...(inSettings.length > 0 ? [{ text: `Write it at ${and(inSettings)}:`, paste: slipOf }] : []),
      ...(inSettings.length < places.length
        ? [{ text: 'In the program that sends the events, write it in `statsigCustomIDs`:', paste: slipOf }]
        : []),
      ...orMake(name, true, 'Or, if both are meant, make it: '),
    ];
  return [
    { text: 'In Statsig: Project Settings, Custom Unit IDs (ID Type Settings). Add the ID type:', paste: name },
    ...orMake(name, isSendersAlone(named), 'Or '),
  ];
}

function taskFor(
  named: NamedIdType,
  there: readonly string[],
  { api, create, workspace }: ConnectStatsigOptions,
): Task {
  const { name } = named;
  const slipOf = findNearestName(name, [...OWN_ID_TYPES, ...there]);
  const id = `${ID_STEP}${name}`;
  const note = noteOf(named);
  if (isWanted(named, slipOf, create)) {
    const body = { name, description: descriptionOf(workspace) };
    const isThere = async () => (await listIdTypes(api)).includes(name);
    return {
      step: {
        ...{ id, title: `Make the ID type ${name}`, kind: 'call', state: 'to-do', note },
        call: { method: 'POST', url: api.url(ID_TYPES), body },
      },
      run: async () => void (await api.make(ID_TYPES, body, isThere)),
    };
  }
  const meant = slipOf === undefined ? '' : `: is ${slipOf} meant?`;
  const title = `The project has no ID type ${name}${meant}`;
  return { step: { id, title, kind: 'by-hand', state: 'to-do', note, byHand: byHand(named, slipOf) } };
}

/** The ID types that `create: 'missing'` makes. @throws ConnectError */
export async function idTypesToMake(options: ConnectStatsigOptions): Promise<readonly string[]> {
  const document = (await readDocuments(options)).plain.find(({ id }) => id === options.workspace);
  const tasks = await idTypeTasks(document, { ...options, create: 'missing' });
  return tasks.flatMap(({ step, run }) => (run === undefined ? [] : [step.id.slice(ID_STEP.length)]));
}

/** The tasks about ID types; reads those of the project. @throws ConnectError */
export async function idTypeTasks(
  document: WorkspaceDocument | undefined,
  options: ConnectStatsigOptions,
): Promise<readonly Task[]> {
  const { api, namesInEvents = [] } = options;
  const there = await listIdTypes(api);
  const all = [...new Set([...OWN_ID_TYPES, ...there])];
  const named = document === undefined ? [] : findNamedIdTypes(document, namesInEvents);
  const missing = named.filter(({ name }) => !all.includes(name));
  const good = named.filter(({ name }) => all.includes(name)).map(({ name }) => name);
  const listed: Task = {
    step: {
      ...{
        id: 'id-types',
        title: `Statsig takes the key. The project has the ID types ${and(all)}`,
        kind: 'call',
        state: 'there',
      },
      call: { method: 'GET', url: api.url(ID_TYPES) },
      ...(good.length > 0 && { note: `The settings and events name ${and(good)} of them.` }),
    },
  };
  return [listed, ...missing.map((each) => taskFor(each, there, options))];
}
