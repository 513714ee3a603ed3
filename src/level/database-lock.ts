// Makes sure that no other process has a database open while its files are changed without LevelDB.

import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { codeOf } from '../base/system-error.js';

const SCRATCH = 'locking';

/** Databases that this process has open: the lock keeps out other processes only. */
const openHere = new Set<string>();

/** Notes that this process has the database open, until it is closed. */
export function noteOpen(directory: string, db: { once(event: 'closed', listener: () => void): unknown }): void {
  openHere.add(directory);
  db.once('closed', () => openHere.delete(directory));
}

/**
 * Runs with LevelDB's own lock of the directory: it belongs to the file, so a scratch database that has a link to it in the place of its lock holds it, and the damaged one stays shut.
 *
 * @throws an error with the code LEVEL_LOCKED when the database is open
 */
export async function withDatabaseLock<T>(directory: string, run: () => Promise<T>): Promise<T> {
  if (openHere.has(directory)) throw Object.assign(new Error('already open in this process'), { code: 'LEVEL_LOCKED' });
  const scratch = join(directory, SCRATCH);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  try {
    await writeFile(join(directory, 'LOCK'), '', { flag: 'a' });
    // A file system without links has no such lock; who owns the directory is known by other means as well.
    if (!(await isLinked(join(directory, 'LOCK'), join(scratch, 'LOCK')))) return await run();
    const holder = new ClassicLevel(scratch);
    await holder.open();
    try {
      return await run();
    } finally {
      await holder.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function isLinked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if (WITHOUT_LINKS.has(codeOf(error))) return false;
    throw error;
  }
}
