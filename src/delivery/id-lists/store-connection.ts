// Keeps the store of memberships open from its first use on; after a fault it is closed, and opened again at the next use.

import { describeDiskError } from '../outbox/level/disk-error.js';
import type { Level } from '../outbox/level/step.js';
import { describeStoreError, openStoreDirectory, type StoreDirectory } from './store-directory.js';

/** A store that opens when it is needed. `T` is what is made of it whenever it was opened. */
export interface StoreConnection<T> {
  /** @throws Error with what the disk says; the next call opens the store again */
  read<R>(run: (opened: T) => Promise<R>): Promise<R>;
  /** The same, one after the other. */
  write<R>(run: (opened: T) => Promise<R>): Promise<R>;
  /** Waits for what is under way; later calls throw. */
  close(): Promise<void>;
}

interface Opened<T> {
  readonly db: Level;
  readonly made: T;
}

/**
 * Nothing is opened here.
 *
 * @param load reads what it needs to know from a database that was just opened
 */
export function connectStore<T>(
  directory: StoreDirectory,
  load: (db: Level, hasGaps: boolean) => Promise<T>,
): StoreConnection<T> {
  let opening: Promise<Opened<T>> | undefined;
  let lastClosed: Promise<unknown> = Promise.resolve();
  let lastWrite: Promise<unknown> = Promise.resolve();
  let damage: string | undefined;
  let isClosed = false;

  async function open(): Promise<Opened<T>> {
    await lastClosed;
    const { db, hasGaps } = await openStoreDirectory(directory, damage);
    try {
      const made = await load(db, hasGaps);
      damage = undefined;
      return { db, made };
    } catch (error) {
      await db.close().catch(() => undefined);
      throw error;
    }
  }

  /** After a failed write LevelDB may go on with a log that it can't read back later, so nothing is done with that database any more. */
  function drop(failed: Promise<Opened<T>>, error: unknown): void {
    if (opening !== failed) return;
    opening = undefined;
    const problem = describeDiskError(error);
    if (problem.damaged) damage = problem.text;
    lastClosed = failed.then(({ db }) => db.close()).catch(() => undefined);
  }

  async function read<R>(run: (opened: T) => Promise<R>): Promise<R> {
    if (isClosed) throw new Error('the store of memberships is closed');
    opening ??= open();
    const current = opening;
    try {
      return await run((await current).made);
    } catch (error) {
      drop(current, error);
      throw new Error(`the store of memberships can not be used: ${describeStoreError(error)}`);
    }
  }

  return {
    read,
    write(run) {
      const written = lastWrite.then(() => read(run));
      lastWrite = written.catch(() => undefined);
      return written;
    },
    async close() {
      await lastWrite;
      isClosed = true;
      const last = opening;
      opening = undefined;
      await lastClosed;
      await last?.then(({ db }) => db.close()).catch(() => undefined);
    },
  };
}
