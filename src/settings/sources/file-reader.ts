// Reads the settings documents of a file or a directory, when they have changed.

import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createBreather } from '../../base/breather.js';
import { codeOf } from '../../base/system-error.js';
import { type ParsedDocuments, parseInSlices } from '../document.js';
import { type MergedDocuments, mergeDocuments } from '../document-set.js';
import { createKnownEntries, type KnownEntries } from '../known-entries.js';
import { type ReadSecret, readLocalSecret, recordSecrets, type SecretReading } from '../secret-reference.js';
import type { DocumentFault } from '../settings-error.js';
import type { WatchedPaths } from './file-watch.js';
import { findUnread, isSettingsName } from './unread-files.js';

/** What a look at the files found. */
export interface FileReading {
  /** Names the directory that holds the files, beyond its path: another one in its place has another identity. */
  readonly identity: string;
  /** What changes the documents when it changes: settings files, key files and the directories that hold them. */
  readonly watched: WatchedPaths;
  /** Whether a file that was not there, by its absolute path, would be read. */
  isWanted(path: string): boolean;
  /** Absent when neither a settings file nor a key file has changed since the last look. */
  readonly parsed?: MergedDocuments;
  /** The end of a file is missing that was there before: it may be half written. */
  readonly isCut?: true;
}

/**
 * Looks at the files; undefined when there is no file or directory.
 *
 * @throws the system's error when the directory cannot be read
 */
export type FileReader = () => Promise<FileReading | undefined>;

/** One settings file: its text or why it cannot be read, the secrets that it names, and what it came to. */
interface SettingsFile {
  readonly text: string;
  readonly problem?: string;
  readonly secrets: readonly SecretReading[];
  readonly parsed: ParsedDocuments;
  /** What its workspaces came to. */
  readonly known: KnownEntries;
}

/** What is not read, as long as the directory holds what it held. */
interface Unread {
  /** The entries of the directory and the files of keys, by name. */
  readonly key: string;
  readonly warnings: readonly DocumentFault[];
}

/**
 * A reader of one location. Of a directory it reads `*.yaml`, `*.yml` and `*.json` in the order of their names, without hidden files (among
 * them Kubernetes' `..data`) and without subdirectories. What is as it was is not parsed anew.
 *
 * @param readSecret looks `env:` and `file:` up; default: this process's environment and files
 * @param instead what files are read as, by their paths, whatever they hold and whether they are there: an edit that is not saved yet
 */
export function createFileReader(
  location: string,
  readSecret: ReadSecret = readLocalSecret,
  instead: ReadonlyMap<string, string> = new Map(),
): FileReader {
  let files = new Map<string, SettingsFile>();
  /** Whatever keeps a look from its end, the next one tells what it finds. */
  let isTold = false;
  /** Texts of files, by path, before they were cut. */
  let whole = new Map<string, string>();
  let unread: Unread = { key: '', warnings: [] };

  /** @returns whether the end of one is missing */
  function noteCut(found: ReadonlyMap<string, SettingsFile>): boolean {
    const before = whole;
    whole = new Map();
    let isAnyCut = false;
    for (const [path, { text }] of found) {
      const longer = before.get(path) ?? '';
      const isCut = text.length < longer.length && longer.startsWith(text);
      whole.set(path, isCut ? longer : text);
      isAnyCut ||= isCut;
    }
    return isAnyCut;
  }

  async function look(): Promise<FileReading> {
    const wasTold = isTold;
    const before = files;
    isTold = false;
    const top = await stat(location);
    const directory = top.isDirectory() ? location : dirname(location);
    const { dev, ino } = top.isDirectory() ? top : await stat(directory);
    const entries = top.isDirectory() ? await readdir(directory, { withFileTypes: true }) : undefined;
    const edited = [...instead.keys()]
      .filter((path) => resolve(dirname(path)) === resolve(directory))
      .map((path) => basename(path));
    const names = entries === undefined ? [basename(location)] : [...new Set([...namesOf(entries), ...edited])].sort();
    const found = new Map<string, SettingsFile>();
    const breathe = createBreather();
    for (const name of names) {
      await breathe();
      const path = join(directory, name);
      const text = instead.get(path);
      const read = text === undefined ? await readText(path) : { text };
      const file = read && (await readSettingsFile(path, read, files.get(path), readSecret));
      if (file !== undefined) found.set(path, file);
    }
    const unreadBefore = unread.warnings;
    if (entries !== undefined) unread = unreadIn(directory, entries, found, unread);
    const isChanged =
      !wasTold ||
      unread.warnings !== unreadBefore ||
      found.size !== before.size ||
      [...found].some(([path, file]) => before.get(path) !== file);
    files = found;
    const merged = isChanged ? await mergeDocuments([...found.values()].map((file) => file.parsed)) : undefined;
    const parsed = merged && { ...merged, warnings: [...unread.warnings, ...merged.warnings] };
    const isCut = noteCut(found);
    isTold = true;
    return {
      identity: `${dev}:${ino}`,
      watched: pathsToWatch(directory, found),
      isWanted: (path) => top.isDirectory() && dirname(path) === resolve(directory) && isSettingsName(basename(path)),
      ...(parsed !== undefined && { parsed }),
      ...(isCut && { isCut }),
    };
  }

  return async () => {
    try {
      return await look();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
}

function pathsToWatch(directory: string, found: ReadonlyMap<string, SettingsFile>): WatchedPaths {
  const directories = new Set([resolve(directory)]);
  const files = new Set<string>();
  for (const [path, { parsed }] of found) {
    files.add(resolve(path));
    for (const secret of parsed.secretFiles) {
      files.add(resolve(secret));
      directories.add(resolve(dirname(secret)));
    }
  }
  return { directories: [...directories], files: [...files] };
}

/** @returns the same warnings where there are no others */
function unreadIn(
  directory: string,
  entries: readonly Dirent[],
  found: ReadonlyMap<string, SettingsFile>,
  before: Unread,
): Unread {
  const secretFiles = [...found.values()].flatMap(({ parsed }) => parsed.secretFiles).map((path) => resolve(path));
  const key = JSON.stringify([entries.map(({ name }) => name), secretFiles]);
  if (key === before.key) return before;
  const warnings = findUnread(directory, entries, new Set(secretFiles));
  return { key, warnings: isDeepStrictEqual(warnings, before.warnings) ? before.warnings : warnings };
}

function namesOf(entries: readonly Dirent[]): string[] {
  return entries
    .map(({ name }) => name)
    .filter(isSettingsName)
    .sort();
}

/** Names of the settings files in a directory, in order. */
export async function listNames(directory: string): Promise<string[]> {
  return namesOf(await readdir(directory, { withFileTypes: true }));
}

/** None for a directory whose name looks like a settings file's. */
async function readText(path: string): Promise<Pick<SettingsFile, 'text' | 'problem'> | undefined> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    const code = codeOf(error);
    return code === 'EISDIR' ? undefined : { text: '', problem: `cannot be read (${code})` };
  }
}

/** @param known what the file was @returns the same object where nothing has changed, the secrets that it names included */
async function readSettingsFile(
  path: string,
  read: Pick<SettingsFile, 'text' | 'problem'>,
  known: SettingsFile | undefined,
  lookUp: ReadSecret,
): Promise<SettingsFile> {
  const isKnown = ({ reference, text }: SecretReading) => isDeepStrictEqual(lookUp(reference), text);
  const isSame = known !== undefined && known.text === read.text && known.problem === read.problem;
  if (isSame && known.secrets.every(isKnown)) return known;
  const entries = known?.known ?? createKnownEntries();
  if (read.problem !== undefined) {
    const faults = [{ source: path, path: '', message: read.problem }];
    return {
      ...read,
      secrets: [],
      parsed: { documents: [], faults, warnings: [], uniqueValues: [], secretFiles: [] },
      known: entries,
    };
  }
  const secrets: SecretReading[] = [];
  const readSecret = recordSecrets(lookUp, secrets);
  return { ...read, secrets, parsed: await parseInSlices(read.text, path, { readSecret }, entries), known: entries };
}
