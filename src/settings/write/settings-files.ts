// The files that settings are written in: where they are, and what they hold now.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import { defaultIdOf, unpackEntries } from '../document-entries.js';
import { listNames } from '../sources/file-reader.js';
import { parseServiceUrl } from '../sources/http.js';
import { askService } from '../sources/http-request.js';
import { describeLocation, isServiceUrl } from '../sources/location.js';
import { isSettingsName } from '../sources/unread-files.js';
import { readYaml } from '../yaml-tree.js';
import type { PlaceInFile } from './change-text.js';
import { type HiddenKeys, hideKeys } from './hidden-keys.js';

/** What kind of place settings come from. `none`: nothing is there yet. */
export type SettingsPlace = 'service' | 'directory' | 'file' | 'none';

export async function kindOfPlace(location: string): Promise<SettingsPlace> {
  if (isServiceUrl(location)) return 'service';
  const found = await stat(location).catch(() => undefined);
  if (found === undefined) return 'none';
  return found.isDirectory() ? 'directory' : 'file';
}

/** The settings files of a directory, by their paths, in the order in which they are read; the file itself, where the location is one. */
export async function listFiles(location: string): Promise<readonly string[]> {
  const place = await kindOfPlace(location);
  if (place === 'file') return [join(dirname(location), basename(location))];
  if (place !== 'directory') return [];
  return (await listNames(location)).map((name) => join(location, name));
}

/** Characters of a file that is changed here: settings of some hundred workspaces. What is made of a longer one takes seconds. */
export const MAX_TEXT = 128 * 1024;

/** Milliseconds that a config service has. */
const SERVICE_TIMEOUT_MS = 5_000;

/** What a file holds, or why it cannot be shown. */
export type FileText = { readonly text: string } | { readonly problem: string };

/** @param most bytes; a program has no need of a limit @returns undefined where there is no such file */
export async function readFileText(file: string, most = MAX_TEXT): Promise<FileText | undefined> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > most) return { problem: 'has more than 128 KiB: change it in an editor' };
    const text = bytes.toString('utf8');
    if (!Buffer.from(text, 'utf8').equals(bytes))
      return { problem: 'is not UTF-8: convert it before it is changed here' };
    return { text };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? undefined : { problem: `cannot be read (${code})` };
  }
}

/** What a config service answers now. @param most characters; a program has no need of a limit @returns why it cannot be shown, where it does not answer */
export async function readServiceText(location: string, token: Secret | undefined, most = MAX_TEXT): Promise<FileText> {
  const source = describeLocation(location);
  const signal = new AbortController().signal;
  const url = parseServiceUrl(location, source);
  const reply = await askService({ url, token, etag: undefined, timeoutMs: SERVICE_TIMEOUT_MS, signal });
  if (reply === 'unchanged') return { problem: 'says that nothing has changed' };
  if ('problem' in reply) return reply;
  return reply.body.length > most ? { problem: 'answers with more than 128 KiB' } : { text: reply.body };
}

/** Names a text of a file among all others; that of a file that is not there: `none`. */
export function versionOf(text: string | undefined): string {
  return text === undefined ? 'none' : createHash('sha256').update(text).digest('base64url');
}

/** A text that can be read as YAML, for people. */
export interface ShownText extends HiddenKeys {
  readonly text: string;
  /** The workspaces in it. */
  readonly workspaces: readonly WorkspaceInFile[];
}

/** A workspace, and where in the file its settings stand. */
export interface WorkspaceInFile {
  readonly id: string;
  readonly place: PlaceInFile;
  /** With `kept:1` in the place of keys. */
  readonly value: unknown;
}

/**
 * @param known keys in force
 * @returns the place of the first fault where it is no YAML: then nothing tells a key from the rest
 */
export function showText(
  text: string,
  file: string,
  known: readonly string[],
): ShownText | { readonly line: number; readonly column: number; readonly message: string } {
  const reading = readYaml(text);
  if ('faults' in reading) return reading.faults[0] ?? { line: 1, column: 1, message: 'cannot be read' };
  const hidden = hideKeys(text, known);
  return { text, ...hidden, workspaces: workspacesIn(hidden.shown, file) };
}

/** @param text YAML without faults of syntax */
export function workspacesIn(text: string, file: string): readonly WorkspaceInFile[] {
  const reading = readYaml(text);
  if ('faults' in reading) return [];
  const entries = reading.trees.flatMap((tree, document) => {
    const found = tree.value === null ? [] : unpackEntries(tree);
    return 'message' in found ? [] : found.map((entry) => ({ entry, document }));
  });
  const defaultId = defaultIdOf(
    entries.map(({ entry }) => entry),
    file,
  );
  return entries.flatMap(({ entry: { at, value }, document }) => {
    const named = typeof value === 'object' && value !== null && 'id' in value ? value.id : defaultId;
    return typeof named === 'string' ? [{ id: named, place: { document, at }, value }] : [];
  });
}

/** Where a first document would stand, and its directory. */
export function firstFile(location: string): { readonly file: string; readonly directory: string } {
  const directory = isSettingsName(basename(location)) ? dirname(location) : location;
  return { directory, file: join(directory, isSettingsName(basename(location)) ? basename(location) : 'default.yaml') };
}
