// Connects a workspace with a Statsig project: looks at keys, ID types and ID lists, and has the event webhook post to us.

import { ID_TYPES } from '../../statsig/console-api.js';
import { openSettings } from '../settings-file.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import { readDocuments } from './documents.js';
import { descriptionOf, idTypeTasks } from './id-type-tasks.js';
import { keyTasks } from './key-tasks.js';
import { listTasks } from './list-tasks.js';
import type { ConnectStatsigOptions } from './options.js';
import { undoSigningTasks } from './signing-secret.js';
import { webhookTasks } from './webhook-tasks.js';

/** What was made at Statsig, which may be in use there by now. @throws ConnectError */
async function madeThere({ api, workspace }: ConnectStatsigOptions): Promise<readonly Task[]> {
  const made = (await api.list(ID_TYPES)).flatMap(({ name, description }) =>
    typeof name === 'string' && description === descriptionOf(workspace) ? [name] : [],
  );
  return made.map((name) => ({
    step: {
      ...{ id: `id-type:${name}`, title: `The ID type ${name} stays`, kind: 'by-hand', state: 'to-do' },
      note: 'Experiments and metrics may count by it since: no program takes it away.',
      byHand: [{ text: 'If nothing uses it, in Statsig: Project Settings, Custom Unit IDs. Remove:', paste: name }],
    },
  }));
}

const SWITCH_OFF: Task = {
  step: {
    ...{ id: 'event-webhook', title: 'Have Statsig post no more events', kind: 'by-hand', state: 'to-do' },
    byHand: [{ text: 'In Statsig: Project Settings > Integrations > Generic Webhook. Click Disable.' }],
  },
};

/** Every part of it throws ConnectError. */
export function connectStatsig(options: ConnectStatsigOptions): PlannedConnection {
  const { api, workspace, settingsLocation, settingsToken } = options;

  async function survey(): Promise<readonly Task[]> {
    const { plain, withKeys, keyFaults } = await readDocuments(options);
    const byId = ({ id }: { readonly id: string }) => id === workspace;
    const settings = await openSettings(settingsLocation, workspace, settingsToken);
    const document = plain.find(byId);
    return [
      ...keyTasks(withKeys, keyFaults),
      ...(await idTypeTasks(document, options)),
      ...(await listTasks(document, api)),
      ...(await webhookTasks(settings, withKeys.find(byId) ?? document, options)),
    ];
  }

  async function surveyUndo(): Promise<readonly Task[]> {
    const undone = await undoSigningTasks(await openSettings(settingsLocation, workspace, settingsToken), options);
    return [...(undone.length > 0 ? [SWITCH_OFF, ...undone] : []), ...(await madeThere(options))];
  }

  return createConnection(survey, surveyUndo);
}
