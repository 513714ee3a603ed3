// Opens the database of the memberships; one that can't be opened is set aside, and a new one begun.

import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Logger } from '../../observe/logger.js';
import { makePrivateDirectory } from '../../private-files.js';
import { describeDiskError } from '../outbox/level/disk-error.js';
import type { Level } from '../outbox/level/step.js';

/** Where and how to open. */
export interface StoreDirectory {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

const DATA_FILE = /^(?:\d+\.(?:ldb|sst|log)|MANIFEST-\d+)$/;
const ASIDE = 'broken-';

/** LevelDB says in its own LOG, which it begins anew each time, what it skipped when it opened. */
const SKIPPED = /dropping \d+ bytes|Ignoring error/;

const CACHE = 16 << 20;
const WRITE_BUFFER = 8 << 20;

const LOST =
  'What is known of members begins anew: memberships that Statsig has are sent once more, and replays of old events count.';

/** What the disk says, for people; it names no id. */
export function describeStoreError(error: unknown): string {
  const { code, text } = describeDiskError(error);
  return code === 'LEVEL_LOCKED' ? 'another process has the store of memberships open' : `${text} (${code})`;
}

async function tryOpen(directory: string): Promise<Level> {
  const files = await readdir(directory);
  // Without the file CURRENT LevelDB would begin a new database and delete the tables of the old one.
  const createIfMissing = !files.some((name) => DATA_FILE.test(name));
  const db: Level = new ClassicLevel(directory, { cacheSize: CACHE, writeBufferSize: WRITE_BUFFER });
  await db.open({ createIfMissing });
  return db;
}

/** Inside the directory, because it may be the only place where this process may write. */
async function setAside({ directory, now, log }: StoreDirectory, said: string): Promise<void> {
  const aside = `${ASIDE}${new Date(now()).toISOString().replaceAll(':', '-')}`;
  await mkdir(join(directory, aside), { recursive: true });
  for (const name of await readdir(directory)) {
    if (!name.startsWith(ASIDE)) await rename(join(directory, name), join(directory, aside, name));
  }
  log.error({ directory, aside, said }, `The store of memberships is damaged; its files are kept aside. ${LOST}`);
}

async function readGaps({ directory, log }: StoreDirectory): Promise<boolean> {
  const lines = (await readFile(join(directory, 'LOG'), 'utf8')).split('\n');
  const said = lines.filter((line) => SKIPPED.test(line));
  if (said.length === 0) return false;
  log.error({ directory, said }, `The newest part of the store of memberships could not be read. ${LOST}`);
  return true;
}

/** An open database. */
export interface OpenedStore {
  readonly db: Level;
  /** Some of what was written last could not be read: what can be read may be old. */
  readonly hasGaps: boolean;
}

async function checkOpened(db: Level, settings: StoreDirectory): Promise<OpenedStore> {
  try {
    return { db, hasGaps: await readGaps(settings) };
  } catch (error) {
    // Left open it would be locked for the next try.
    await db.close();
    throw error;
  }
}

/**
 * Opens the database.
 *
 * @param damage what was found broken while it was open
 * @throws the error of the disk where it is no damage: it is full, read-only, locked by another process, …
 */
export async function openStoreDirectory(settings: StoreDirectory, damage?: string): Promise<OpenedStore> {
  const { directory } = settings;
  await makePrivateDirectory(directory);
  let said = damage;
  try {
    const db = await tryOpen(directory);
    if (said === undefined) return await checkOpened(db, settings);
    await db.close();
  } catch (error) {
    const problem = describeDiskError(error);
    if (!problem.damaged) throw error;
    said = problem.text;
  }
  await setAside(settings, said);
  return { db: await tryOpen(directory), hasGaps: false };
}
