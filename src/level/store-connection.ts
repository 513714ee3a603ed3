// Keeps the store of memberships open from its first use on; after a fault it is closed, and opened again at the next use.

import { Mutex } from '../base/mutex.js';
import { describeDiskError } from './disk-error.js';
import type { Level } from './open-database.js';
import { LOOK_MS, Ownership } from './ownership.js';
import { describeStoreError, type StoreBatch, type StoreDirectory, StoreFiles } from './store-directory.js';

/** A store that opens when it is needed. `T` is what is made of it whenever it was opened. */
export interface StoreConnection<T> {
  /** It was open in this process: without its directory something is lost. */
  readonly wasOpen: boolean;
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
  load: (db: Level, hasGaps: boolean, commit: (batch: StoreBatch) => Promise<void>) => Promise<T>,
): StoreConnection<T> {
  // It is never begun anew by a process that had it open: a deletion would not find the lists a person is on.
  const ownership = new Ownership({
    directory: directory.directory,
    name: 'the store of memberships',
    stake: () => 'what is known of the members of lists',
  });
  let wasOpen = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const files = new StoreFiles(directory);
  let opening: Promise<Opened<T>> | undefined;
  let lastClosed: Promise<unknown> = Promise.resolve();
  const writes = new Mutex();
  let damage: string | undefined;
  let isClosed = false;

  async function open(): Promise<Opened<T>> {
    await lastClosed;
    await ownership.claim();
    let made: { readonly of: T } | undefined;
    const db = await files.open(async (opened, hasGaps) => {
      made = { of: await load(opened, hasGaps, (batch) => files.commit(batch)) };
      await ownership.own();
    }, damage);
    if (made === undefined) throw new Error('the store was opened without being read');
    damage = undefined;
    wasOpen = true;
    return { db, made: made.of };
  }

  /** After a failed write LevelDB may go on with a log that it can't read back later, so nothing is done with that database any more. */
  function drop(failed: Promise<Opened<T>>, error: unknown): void {
    if (opening !== failed) return;
    opening = undefined;
    const problem = describeDiskError(error);
    if (problem.damaged) damage = problem.text;
    lastClosed = failed.then(({ db }) => db.close()).catch(() => undefined);
  }

  /** What is read may be that of another directory; one look does for all reads of a moment. */
  async function look(): Promise<void> {
    const now = performance.now();
    if (now - lookedAt < LOOK_MS) return;
    await ownership.look();
    lookedAt = now;
  }

  async function read<R>(run: (opened: T) => Promise<R>): Promise<R> {
    if (isClosed) throw new Error('the store of memberships is closed');
    opening ??= open();
    const current = opening;
    try {
      const { made } = await current;
      await look();
      return await run(made);
    } catch (error) {
      drop(current, error);
      throw new Error(`the store of memberships cannot be used: ${describeStoreError(error)}`);
    }
  }

  return {
    get wasOpen() {
      return wasOpen;
    },
    read,
    write(run) {
      const runAndVerify = async (made: T) => {
        const result = await run(made);
        await ownership.verify();
        return result;
      };
      return writes.run(() => read(runAndVerify));
    },
    async close() {
      await writes.run(async () => {});
      isClosed = true;
      const last = opening;
      opening = undefined;
      await lastClosed;
      const closeWell = async ({ db }: Opened<T>) => {
        // A file that can't be written makes the next start wait, no more.
        await ownership.release().catch(() => undefined);
        await db.close();
        await files.close();
      };
      await last?.then(closeWell).catch(() => undefined);
    },
  };
}
