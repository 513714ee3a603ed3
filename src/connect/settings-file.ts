// Changes the settings of one workspace in their file, or says what a person has to write where it cannot.

import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeParents } from '../base/private-files.js';
import type { Secret } from '../base/secret.js';
import { codeOf } from '../base/system-error.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { notNeeded } from '../settings/secret-reference.js';
import { describeFault } from '../settings/settings-error.js';
import { describeLocation, isServiceUrl } from '../settings/sources/location.js';
import { isSettingsName } from '../settings/sources/unread-files.js';
import { changeText, type PlaceInFile, TextChangeError } from '../settings/write/change-text.js';
import { type Change, PlaceError } from '../settings/write/change-values.js';
import { createEditChecker } from '../settings/write/check-edit.js';
import { replaceSettingsFile } from '../settings/write/replace-settings-file.js';
import {
  firstFile,
  listFiles,
  readFileText,
  readServiceText,
  versionOf,
  workspacesIn,
} from '../settings/write/settings-files.js';
import { showDiff } from '../settings/write/shown-diff.js';
import { findWriteTarget } from '../settings/write/write-problem.js';
import { ConnectError } from './connection.js';
import type { Task } from './tasks.js';

/** The first line of a document that is made here: by it `undo` knows that the file may go once nothing else is in it. */
export const MADE_HERE = '# Written by `statsig-cdp connect`. Whatever is not here has its default.';

/** The settings of one workspace, as their file holds them. */
export interface OpenSettings {
  readonly workspace: string;
  /** A file, a directory, or the URL of a config service. */
  readonly location: string;
  /** Where they stand, or will stand; of a config service its address. */
  readonly file: string;
  /** `undefined`: there are none of this workspace yet. */
  readonly value: JsonObject | undefined;
  /** The whole file, or answer of the service. `undefined`: there is none yet */
  readonly text: string | undefined;
  readonly place: PlaceInFile;
}

function problem(message: string): ConnectError {
  return new ConnectError('settings', message);
}

async function textOf(file: string): Promise<string | undefined> {
  const read = await readFileText(file, Number.POSITIVE_INFINITY);
  if (read === undefined) return undefined;
  if ('problem' in read) throw problem(`${file} ${read.problem}.`);
  return read.text;
}

const TOP: PlaceInFile = { document: 0, at: [] };

/** Where the first document of a workspace is made. @throws ConnectError where something else stands there */
async function newFile(location: string, workspace: string): Promise<string> {
  const { file, directory } = firstFile(location);
  const made = isSettingsName(basename(location)) ? file : join(directory, `${workspace}.yaml`);
  if ((await textOf(made)) === undefined) return made;
  throw problem(
    `${made} is there and does not name the workspace ${workspace}. Add a document with \`id: ${workspace}\` to it.`,
  );
}

/** The workspaces that settings files name, in their order. @returns none for a config service */
export async function listWorkspaces(location: string): Promise<readonly string[]> {
  if (isServiceUrl(location)) return [];
  const found: string[] = [];
  for (const file of await listFiles(location)) {
    const read = await readFileText(file, Number.POSITIVE_INFINITY);
    if (read !== undefined && 'text' in read) found.push(...workspacesIn(read.text, file).map(({ id }) => id));
  }
  return found;
}

/** What a config service has of the workspace: a change is told against it, for a person to make there. */
async function textOfService(location: string, token: Secret | undefined): Promise<string> {
  const read = await readServiceText(location, token, Number.POSITIVE_INFINITY);
  if ('problem' in read) throw problem(`${describeLocation(location)} ${read.problem}.`);
  return read.text;
}

/** @param token for a config service @throws ConnectError where a file cannot be read, or the service does not answer */
export async function openSettings(
  location: string,
  workspace: string,
  token: Secret | undefined,
): Promise<OpenSettings> {
  const shared = { workspace, location, place: TOP, value: undefined, text: undefined };
  const isService = isServiceUrl(location);
  for (const file of isService ? [describeLocation(location)] : await listFiles(location)) {
    const text = isService ? await textOfService(location, token) : ((await textOf(file)) ?? '');
    const own = workspacesIn(text, file).find(({ id }) => id === workspace);
    if (own !== undefined)
      return { ...shared, file, text, place: own.place, value: isJsonObject(own.value) ? own.value : {} };
  }
  return { ...shared, file: isService ? describeLocation(location) : await newFile(location, workspace) };
}

function firstText(workspace: string): string {
  return `${MADE_HERE}\nid: ${workspace}\n`;
}

/** @throws ConnectError */
function withChanges({ file, text, workspace, place }: OpenSettings, changes: readonly Change[]): string {
  try {
    return changeText(text ?? firstText(workspace), place, changes);
  } catch (error) {
    if (error instanceof TextChangeError || error instanceof PlaceError)
      throw problem(`${file} cannot be changed by a program: ${error.message}. Change it in an editor.`);
    throw error;
  }
}

/** @throws ConnectError where a load would refuse it */
async function assertSound({ location, file }: SettingsFile, text: string): Promise<void> {
  const { faults } = await createEditChecker(location, notNeeded).check(file, text);
  const own = faults.filter(({ source }) => source === file);
  if (own.length > 0) throw problem(`The settings would have faults: ${own.map(describeFault).join('; ')}.`);
}

async function write({ file, text: before }: SettingsFile, text: string): Promise<void> {
  if (before === undefined)
    await makeParents(dirname(file)).catch((error) => {
      throw problem(`${dirname(file)} cannot be made (${codeOf(error)}).`);
    });
  const target = await findWriteTarget(file);
  if (target.problem !== undefined) throw problem(`${file} ${target.problem}.`);
  const { path } = target;
  const result = await replaceSettingsFile(path, text, versionOf(before));
  if (result.kind === 'changed') throw problem(`${file} was changed by somebody else meanwhile. Run this again.`);
  if (result.kind === 'failed') throw problem(`${file} cannot be written (${result.code}).`);
}

/** Why the file is not written here; what follows its name. */
async function writeProblem({ location, file, text }: SettingsFile): Promise<string | undefined> {
  if (isServiceUrl(location)) return 'is a config service: make this change there';
  return text === undefined ? undefined : (await findWriteTarget(file)).problem;
}

/** What a change of settings is called, and what people should know of it. */
export interface SettingsTitle {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
}

/**
 * The task that makes changes, checked as a load would check them; where the file cannot be written here a person makes them.
 *
 * @param changes none: everything is there
 * @throws ConnectError where they cannot be made, or would have faults
 */
export async function settingsTask(
  settings: OpenSettings,
  { id, title, note }: SettingsTitle,
  changes: readonly Change[],
): Promise<Task> {
  if (changes.length === 0) return { step: { id, title, kind: 'settings', state: 'there' } };
  return textTask(settings, { id, title, ...(note !== undefined && { note }) }, withChanges(settings, changes));
}

/** A settings file, of which the whole text is known. */
export type SettingsFile = Pick<OpenSettings, 'location' | 'file' | 'text'>;

/** The same for a file that gets a whole text. @throws ConnectError where it would have faults */
export async function textTask(
  settings: SettingsFile,
  { id, title, note }: SettingsTitle,
  text: string,
): Promise<Task> {
  const named = { id, title };
  if (text === settings.text) return { step: { ...named, kind: 'settings', state: 'there' } };
  await assertSound(settings, text);
  const told = {
    ...named,
    ...(note !== undefined && { note }),
    change: showDiff(settings.text, text, settings.file, []),
  };
  const why = await writeProblem(settings);
  if (why === undefined)
    return { step: { ...told, kind: 'settings', state: 'to-do' }, run: async () => void (await write(settings, text)) };
  const byHand = [{ text: `${settings.file} ${why}. The change:`, paste: told.change }];
  return { step: { ...told, kind: 'by-hand', state: 'to-do', byHand } };
}

/** Names that a document of ours may have left once what was connected is out of it. */
const OURS_ALONE = new Set(['id', 'secretKey', 'identifierMappings']);

/** Whether a file was made here, and holds nothing else any more. */
function isSpent({ text, value }: OpenSettings, changes: readonly Change[]): boolean {
  if (text === undefined || value === undefined || !text.startsWith(MADE_HERE)) return false;
  const gone = new Set(
    changes.filter(({ at, value: left }) => at.length === 1 && left === undefined).map(({ at }) => at[0]),
  );
  return Object.keys(value).every((name) => OURS_ALONE.has(name) || gone.has(name));
}

/** The task that takes out what connecting has written. @returns undefined where there is nothing of it @throws ConnectError */
export async function undoSettingsTask(
  settings: OpenSettings,
  title: SettingsTitle,
  changes: readonly Change[],
): Promise<Task | undefined> {
  if (changes.length === 0) return undefined;
  return isSpent(settings, changes) ? removeFileTask(settings, title) : settingsTask(settings, title, changes);
}

/** The task that removes a file that connecting has made, as long as it holds what was read. */
export function removeFileTask({ file, text = '' }: SettingsFile, { id }: SettingsTitle): Task {
  const step = {
    id,
    title: `Remove ${file}, which connecting has made`,
    kind: 'settings',
    state: 'to-do',
  } as const;
  return {
    step: { ...step, change: showDiff(text, '', file, []) },
    run: async () => {
      if ((await textOf(file)) !== text)
        throw problem(`${file} was changed by somebody else meanwhile. Run this again.`);
      await rm(file, { force: true }).catch((error) => {
        throw problem(`${file} cannot be removed (${codeOf(error)}).`);
      });
    },
  };
}
