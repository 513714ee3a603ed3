// The signing secret of Statsig's event webhook: a person copies it, it is kept in a file, and the settings name the file.

import { dirname, join } from 'node:path';
import type { Secret } from '../../base/secret.js';
import { isServiceUrl } from '../../settings/sources/location.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import { ConnectError } from '../connection.js';
import {
  namesFile,
  readSecretFile,
  referenceTo,
  removeSecretFile,
  secretsDirectory,
  writeSecretFile,
} from '../secret-files.js';
import { type OpenSettings, settingsTask, undoSettingsTask } from '../settings-file.js';
import { itemAdded, itemsRemoved, type ListPlace, listIn } from '../settings-lists.js';
import type { HandStep } from '../step.js';
import type { Task } from '../tasks.js';
import type { ConnectStatsigOptions } from './options.js';

const PLACE: ListPlace = ['outbound', 'signingSecrets'];

/** Where the secret is kept. */
function fileOf({ secretsDirectory: directory, workspace }: ConnectStatsigOptions, settings: OpenSettings): string {
  return join(directory ?? secretsDirectory(dirname(settings.file)), `${workspace}-statsig-signing`);
}

function clicks(file: string): readonly HandStep[] {
  return [
    { text: 'In Statsig: Project Settings > Integrations > Generic Webhook. Copy the signing secret of the card.' },
    {
      text: 'Run this again and paste it where it is asked for, or put it into this file, which no one else may read, and run this again:',
      paste: file,
    },
  ];
}

const title = (file: string) => `Keep the signing secret of the event webhook in ${file}`;

/** A config service cannot name files of this machine. */
const BY_VARIABLE: Task = {
  step: {
    ...{
      id: 'signing-secret',
      title: 'Have the config service name the signing secret',
      kind: 'by-hand',
      state: 'to-do',
    },
    byHand: [
      { text: 'In Statsig: Project Settings > Integrations > Generic Webhook. Copy the signing secret of the card.' },
      { text: 'Set it as a variable of the process, STATSIG_SIGNING_SECRET for one, and start the process again.' },
      {
        text: 'Name the variable in the document of the config service:',
        paste: 'outbound: { signingSecrets: [env:STATSIG_SIGNING_SECRET] }',
      },
    ],
  },
};

/** What is known of the secret while tasks are run. */
interface Placed {
  isThere: boolean;
}

function fileTask(
  file: string,
  placed: Placed,
  { signingSecret, givenSigningSecret }: ConnectStatsigOptions,
  isOther: boolean,
): Task {
  const what = isOther ? `Put the signing secret that you give in the place of the one in ${file}` : title(file);
  const step = { id: 'signing-secret', title: what, kind: 'file' } as const;
  if (placed.isThere) return { step: { ...step, state: 'there' } };
  return {
    step: { ...step, state: 'to-do', byHand: clicks(file) },
    async run() {
      const secret = givenSigningSecret ?? (await signingSecret?.());
      if (secret === undefined) return { result: 'by-hand' };
      assertSigningSecret(secret);
      await writeSecretFile(file, secret);
      placed.isThere = true;
      return undefined;
    },
  };
}

/** What people paste in its place. @throws ConnectError */
function assertSigningSecret(secret: Secret): void {
  const text = secret.reveal();
  if (/^(?:secret|client|console)-/.test(text))
    throw new ConnectError(
      'refused',
      'This is a key of Statsig, not the signing secret: that one is on the card Generic Webhook.',
    );
  if (!/^[\x21-\x7e]{1,512}$/.test(text))
    throw new ConnectError('refused', 'The signing secret has characters that it cannot have: copy it again.');
}

const SETTINGS = {
  id: 'signing-setting',
  title: 'Take webhooks that are signed with it, and no others',
} as const;

/** The tasks that keep the secret and name it. @param document with its keys, where there is one @throws ConnectError */
export async function signingTasks(
  settings: OpenSettings,
  document: WorkspaceDocument | undefined,
  options: ConnectStatsigOptions,
): Promise<{ readonly tasks: readonly Task[]; readonly isPlaced: () => boolean }> {
  const file = fileOf(options, settings);
  const list = listIn(settings.value, ...PLACE);
  const isOurs = (each: unknown) => namesFile(each, file, settings.file);
  const isNamed = list.some(isOurs);
  // Somebody's own, or a config service's.
  if (!isNamed && (list.length > 0 || (document?.outbound.signingSecrets.length ?? 0) > 0)) {
    const step = {
      id: 'signing-secret',
      title: `${PLACE.join('.')} names the signing secret`,
      kind: 'settings',
      state: 'there',
    } as const;
    return { tasks: [{ step }], isPlaced: () => true };
  }
  if (isServiceUrl(settings.location)) return { tasks: [BY_VARIABLE], isPlaced: () => false };
  const kept = await readSecretFile(file);
  const given = options.givenSigningSecret?.reveal();
  const isOther = kept !== undefined && given !== undefined && given !== kept.reveal();
  const placed = { isThere: kept !== undefined && !isOther };
  const changes = itemAdded(settings.value, PLACE, referenceTo(file, settings.file), isOurs);
  const named = await settingsTask(settings, SETTINGS, changes);
  const { run } = named;
  const settingTask: Task =
    run === undefined ? named : { ...named, run: async () => (placed.isThere ? run() : { result: 'by-hand' }) };
  return { tasks: [fileTask(file, placed, options, isOther), settingTask], isPlaced: () => placed.isThere };
}

/** The tasks that forget it again. @throws ConnectError */
export async function undoSigningTasks(
  settings: OpenSettings,
  options: ConnectStatsigOptions,
): Promise<readonly Task[]> {
  if (isServiceUrl(settings.location)) return [];
  const file = fileOf(options, settings);
  const isGone = (row: unknown) => namesFile(row, file, settings.file);
  const changes = itemsRemoved(settings.value ?? {}, [{ at: PLACE, isGone }]);
  const setting = await undoSettingsTask(
    settings,
    { id: SETTINGS.id, title: `Take the signing secret out of ${settings.file}` },
    changes,
  );
  const tasks: Task[] = setting === undefined ? [] : [setting];
  if ((await readSecretFile(file)) !== undefined) {
    const step = { id: 'signing-secret', title: `Remove ${file}`, kind: 'file', state: 'to-do' } as const;
    tasks.push({ step, run: async () => void (await removeSecretFile(file)) });
  }
  return tasks;
}
