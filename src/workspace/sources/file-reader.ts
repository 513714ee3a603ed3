// Reads the settings documents of a file or a directory, when they have changed.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ParsedDocuments, parseDocuments } from '../document.js';
import { mergeDocuments } from '../document-set.js';
import { type ReadSecret, readLocalSecret, type SecretText } from '../secret-reference.js';
import { codeOf } from '../system-error.js';

/** What a look at the files found. */
export interface FileReading {
  /** Names the directory that holds the files, beyond its path: another one in its place has another identity. */
  readonly identity: string;
  /** Absolute paths whose change may change the documents: settings files, key files and the directories that hold them. */
  readonly paths: readonly string[];
  /** Absent when neither a settings file nor a key file has changed since the last look. */
  readonly parsed?: ParsedDocuments;
}

/**
 * Looks at the files; undefined when there is no file or directory.
 *
 * @throws the system's error when the directory can't be read
 */
export type FileReader = () => Promise<FileReading | undefined>;

/** One settings file: its text or why it can't be read. */
interface SettingsFile {
  readonly path: string;
  readonly text: string;
  readonly problem?: string;
}

/**
 * A reader of one location. Of a directory it reads `*.yaml`, `*.yml` and `*.json` in the order of their names, without hidden files (among
 * them Kubernetes' `..data`) and without subdirectories.
 */
export function createFileReader(location: string): FileReader {
  let files: readonly SettingsFile[] | undefined;
  let secrets = new Map<string, SecretText>();
  let secretFiles: readonly string[] = [];

  async function parseChanged(
    before: readonly SettingsFile[] | undefined,
    found: readonly SettingsFile[],
  ): Promise<ParsedDocuments | undefined> {
    const isKnown = ([path, text]: [string, SecretText]) =>
      isDeepStrictEqual(readLocalSecret({ kind: 'file', name: path }), text);
    if (isDeepStrictEqual(before, found) && [...secrets].every(isKnown)) return undefined;
    const read = new Map<string, SecretText>();
    const parsed = mergeDocuments(await parseFiles(found, read));
    secrets = read;
    secretFiles = parsed.secretFiles;
    return parsed;
  }

  async function look(): Promise<FileReading> {
    // Whatever keeps this look from its end, the next one parses what it finds.
    const before = files;
    files = undefined;
    const top = await stat(location);
    const directory = top.isDirectory() ? location : dirname(location);
    const { dev, ino } = top.isDirectory() ? top : await stat(directory);
    const names = top.isDirectory() ? await listNames(directory) : [basename(location)];
    const found: SettingsFile[] = [];
    for (const name of names) found.push(...(await readSettingsFile(join(directory, name))));
    const parsed = await parseChanged(before, found);
    files = found;
    const watched = [
      directory,
      ...found.map(({ path }) => path),
      ...secretFiles,
      ...secretFiles.map((path) => dirname(path)),
    ];
    const paths = [...new Set(watched.map((path) => resolve(path)))];
    return { identity: `${dev}:${ino}`, paths, ...(parsed !== undefined && { parsed }) };
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

async function listNames(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => /^[^.].*\.(yaml|yml|json)$/i.test(name)).sort();
}

/** None for a directory whose name looks like a settings file's. */
async function readSettingsFile(path: string): Promise<SettingsFile[]> {
  try {
    return [{ path, text: await readFile(path, 'utf8') }];
  } catch (error) {
    const code = codeOf(error);
    return code === 'EISDIR' ? [] : [{ path, text: '', problem: `can't be read (${code})` }];
  }
}

/** Lets requests in between two files: each takes about a millisecond, and there may be hundreds. */
async function parseFiles(
  files: readonly SettingsFile[],
  secrets: Map<string, SecretText>,
): Promise<ParsedDocuments[]> {
  const readSecret: ReadSecret = (reference) => {
    const text = readLocalSecret(reference);
    if (reference.kind === 'file') secrets.set(reference.name, text);
    return text;
  };
  const parsed: ParsedDocuments[] = [];
  for (const { path, text, problem } of files) {
    await nextTurn();
    const unreadable = {
      documents: [],
      faults: [{ source: path, path: '', message: problem ?? '' }],
      claims: [],
      secretFiles: [],
    };
    parsed.push(problem === undefined ? parseDocuments(text, path, { readSecret }) : unreadable);
  }
  return parsed;
}
