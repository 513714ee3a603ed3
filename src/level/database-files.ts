// The files of a LevelDB database in its directory.

import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochMs } from '../base/time.js';

const TABLE = /^(\d+)\.(?:ldb|sst)$/;
const LOG = /^(\d+)\.log$/;
const MANIFEST = /^MANIFEST-(\d+)$/;
const OTHER = /^(?:\d+\.dbtmp|CURRENT|LOG(?:\.old)?|lost)$/;

/** What files of damaged databases are kept in, within the directory. */
export const ASIDE = 'broken-';

/** Names by what they are. */
export interface DatabaseFiles {
  readonly tables: ReadonlyMap<number, string>;
  readonly logs: ReadonlyMap<number, string>;
  readonly manifests: ReadonlyMap<number, string>;
  readonly hasCurrent: boolean;
}

/** The files that are there now, in the order of their numbers. @throws the error of the disk */
export async function listDatabase(directory: string): Promise<DatabaseFiles> {
  const names = await readdir(directory);
  const numbered = (pattern: RegExp) =>
    new Map(
      names
        .flatMap((name) => {
          const number = pattern.exec(name)?.[1];
          return number === undefined ? [] : [[Number(number), name] as const];
        })
        .sort(([one], [other]) => one - other),
    );
  return {
    tables: numbered(TABLE),
    logs: numbered(LOG),
    manifests: numbered(MANIFEST),
    hasCurrent: names.includes('CURRENT'),
  };
}

/** True for a directory in which no database was ever, or none is any more. */
export function isWithoutData({ tables, logs, manifests }: DatabaseFiles): boolean {
  return tables.size + logs.size + manifests.size === 0;
}

/** A name for what is kept aside now. */
export function nameAside(now: EpochMs): string {
  return `${ASIDE}${new Date(now).toISOString().replaceAll(':', '-')}`;
}

/** Keeps files of the directory within it, because it may be the only place where this process may write, or a mount of its own. */
export async function setAside(directory: string, aside: string, names: Iterable<string>): Promise<void> {
  await mkdir(join(directory, aside), { recursive: true });
  for (const name of names) await rename(join(directory, name), freePath(join(directory, aside, name)));
}

/** Nothing that is kept is overwritten. */
function freePath(path: string): string {
  let free = path;
  while (existsSync(free)) free += '+';
  return free;
}

/** All files of the database. */
export async function setAllAside(directory: string, aside: string): Promise<void> {
  const names = await readdir(directory);
  const isOfDatabase = (name: string) => [TABLE, LOG, MANIFEST, OTHER].some((pattern) => pattern.test(name));
  await setAside(directory, aside, names.filter(isOfDatabase));
}
