// Opens the directory of the outbox's database; what is damaged is repaired or set aside, never deleted.

import { link, mkdir, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Logger } from '../../../observe/logger.js';
import { makePrivateDirectory } from '../../../private-files.js';
import { describeDiskError } from './disk-error.js';
import type { Level } from './step.js';

/** Where and how to open. */
export interface OpenSettings {
  readonly directory: string;
  /** The database was found damaged while it was open. */
  readonly repairFirst: boolean;
  /**
   * Reads through the database; damage it meets is repaired like damage that opening meets.
   *
   * @returns what is missing although nothing is damaged
   */
  load(db: Level): Promise<string | undefined>;
  readonly log: Logger;
  readonly now: () => number;
}

/** An open database. */
export interface OpenedDirectory {
  readonly db: Level;
  /** What was done about damage. */
  readonly notice?: string;
}

const DATA_FILE = /^(?:\d+\.(?:ldb|sst|log)|MANIFEST-\d+)$/;
const LOG_FILE = /^\d+\.log$/;
const DATABASE_FILE = /^(?:\d+\.(?:ldb|sst|log|dbtmp)|MANIFEST-\d+|CURRENT|LOG(?:\.old)?|lost)$/;

/** Holds links to LevelDB's write-ahead logs while it reads them: it deletes them afterwards, even what it skipped as unreadable. */
const READING = 'reading';

/** LevelDB says in its own LOG what it skipped when it opened. */
const SKIPPED = /dropping \d+ bytes|Ignoring error/;

const WRITE_BUFFER = 16 << 20;
const CACHE = 32 << 20;

/**
 * Opens the database, making the directory if need be.
 *
 * @throws the error of the disk when there is nothing to repair: it is full, read-only, locked by another process, …
 */
export async function openDirectory(settings: OpenSettings): Promise<OpenedDirectory> {
  const { directory, log } = settings;
  await makePrivateDirectory(directory);
  try {
    // LevelDB locks nothing while it repairs: only a try to open tells that no other process is at it.
    const db = await tryOpen(settings);
    if (!settings.repairFirst) return await finishOpen(db, settings);
    await db.close();
  } catch (error) {
    const problem = describeDiskError(error);
    if (!problem.damaged) throw error;
    log.error({ directory, code: problem.code, said: problem.text }, 'The outbox is damaged. It is being repaired.');
  }
  return repair(settings);
}

async function tryOpen({ directory }: OpenSettings): Promise<Level> {
  const files = await readdir(directory);
  // Without the file CURRENT LevelDB would begin a new database and delete the tables of the old one.
  const createIfMissing = !files.some((name) => DATA_FILE.test(name));
  await keepLogs(directory, files);
  const db: Level = new ClassicLevel(directory, { writeBufferSize: WRITE_BUFFER, cacheSize: CACHE });
  try {
    await db.open({ createIfMissing });
  } catch (error) {
    // It read nothing, so it deleted nothing.
    await rm(join(directory, READING), { recursive: true, force: true });
    throw error;
  }
  return db;
}

async function finishOpen(db: Level, settings: OpenSettings): Promise<OpenedDirectory> {
  const { directory, log } = settings;
  try {
    const missing = await settings.load(db);
    const skipped = (await readFile(join(directory, 'LOG'), 'utf8')).split('\n').filter((line) => SKIPPED.test(line));
    if (skipped.length === 0) {
      await rm(join(directory, READING), { recursive: true, force: true });
      return missing === undefined ? { db } : { db, notice: missing };
    }
    const aside = `broken-${stamp(settings.now)}`;
    await rename(join(directory, READING), join(directory, aside));
    const notice = [`damaged: a part of the newest writes could not be read; the file is kept in ${aside}`, missing]
      .filter((part) => part !== undefined)
      .join('; ');
    log.error({ directory, aside, said: skipped }, `The outbox is ${notice}.`);
    return { db, notice };
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function repair(settings: OpenSettings): Promise<OpenedDirectory> {
  const { directory, log } = settings;
  await requireSpace(directory);
  try {
    await ClassicLevel.repair(directory);
    const opened = await finishOpen(await tryOpen(settings), settings);
    const notice = 'damaged: it was repaired; what was unreadable is kept in lost';
    log.error(
      { directory },
      'The outbox was repaired. Deliveries may be missing or come twice: see its directory lost.',
    );
    return { ...opened, notice };
  } catch (error) {
    const problem = describeDiskError(error);
    if (problem.passing) throw error;
    const aside = `broken-${stamp(settings.now)}`;
    await setAside(directory, aside);
    const opened = await finishOpen(await tryOpen(settings), settings);
    const notice = `damaged: it could not be repaired and began empty; the old files are kept in ${aside}`;
    log.error({ directory, aside, said: problem.text }, `The outbox is ${notice}.`);
    return { ...opened, notice };
  }
}

/** Repairing copies tables, and what it can't copy it puts away: not to be tried on a full disk. */
async function requireSpace(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => DATA_FILE.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < needed) {
    throw Object.assign(new Error('no space left to repair the damaged outbox'), { code: 'ENOSPC' });
  }
}

/** Inside the directory, because it may be the only place where this process may write, or a mount of its own. */
async function setAside(directory: string, aside: string): Promise<void> {
  await mkdir(join(directory, aside));
  for (const name of await readdir(directory)) {
    if (DATABASE_FILE.test(name)) await rename(join(directory, name), join(directory, aside, name));
  }
}

async function keepLogs(directory: string, files: readonly string[]): Promise<void> {
  const links = join(directory, READING);
  await rm(links, { recursive: true, force: true });
  await mkdir(links);
  for (const name of files.filter((file) => LOG_FILE.test(file))) {
    // A file system without links has no such copy; the data itself does not depend on it.
    await link(join(directory, name), join(links, name)).catch(() => undefined);
  }
}

function stamp(now: () => number): string {
  return new Date(now()).toISOString().replaceAll(':', '-');
}
