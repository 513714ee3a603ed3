// Says what an error of the database or of the file system under it means.

import { getSystemErrorMap } from 'node:util';
import { codeOf } from '../base/system-error.js';

/** What the disk said. */
export interface DiskProblem {
  /** The system's name (`ENOSPC`), or LevelDB's (`LEVEL_CORRUPTION`) where there is none. */
  readonly code: string;
  /** For people. */
  readonly text: string;
  /** The files don't hold what they should: trying again would not help, repairing may. */
  readonly damaged: boolean;
  /** It says nothing about the files, and may pass. */
  readonly passing: boolean;
}

const PASSING = new Set([
  ...['EACCES', 'EBUSY', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOLCK', 'ENOMEM', 'ENOSPC', 'EPERM', 'EROFS', 'ESTALE'],
  'LEVEL_LOCKED',
]);

/** Where the C library words an error differently than Node's table. */
const OTHER_WORDS: readonly (readonly [string, string])[] = [
  ['input/output error', 'EIO'],
  ['disk quota exceeded', 'EDQUOT'],
  ['quota exceeded', 'EDQUOT'],
  ['device or resource busy', 'EBUSY'],
  ['stale file handle', 'ESTALE'],
];

const SYSTEM_WORDS = new Map<string, string>([
  ...OTHER_WORDS,
  ...[...getSystemErrorMap().values()].map(([name, words]) => [words.toLowerCase(), name] as const),
]);

/** abstract-level wraps the reason that an open failed. */
function innermost(error: unknown): Error {
  let inner = error instanceof Error ? error : new Error(String(error));
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner;
}

/** LevelDB's messages end with the C library's words for the error; only they tell a full disk from a forbidden one. @param name of the database, for people */
export function describeDiskError(error: unknown, name = 'database'): DiskProblem {
  const inner = innermost(error);
  const { code, text, damaged } = classify(inner, codeOf(inner), name);
  return { code, text, damaged, passing: PASSING.has(code) };
}

function classify(inner: Error, code: string, database: string): Omit<DiskProblem, 'passing'> {
  const words = inner.message.slice(inner.message.lastIndexOf(': ') + 2);
  if (code === 'LEVEL_LOCKED') {
    return { code, text: `another process has the ${database} open (${words})`, damaged: false };
  }
  if (code === 'LEVEL_CORRUPTION' || inner.message.includes('create_if_missing is false')) {
    return { code: 'LEVEL_CORRUPTION', text: inner.message, damaged: true };
  }
  if (code !== 'LEVEL_IO_ERROR') return { code, text: inner.message.replace(`${code}: `, ''), damaged: false };
  const name = SYSTEM_WORDS.get(words.toLowerCase()) ?? code;
  return { code: name, text: words, damaged: isDamage(name, inner.message) };
}

/** A table shorter than the manifest says is an invalid argument to LevelDB; a manifest that is gone is just not found. */
function isDamage(name: string, message: string): boolean {
  return (name === 'EINVAL' && /\.(?:ldb|sst): /.test(message)) || (name === 'ENOENT' && message.includes('MANIFEST-'));
}
