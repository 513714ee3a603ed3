// Keeps a database open from its first use on; after a fault it is closed, and opened again at the next use.

import { Mutex } from '../base/mutex.js';
import type { Level } from './open-database.js';
import { type Opened, OwnedDatabase, type OwnedDatabaseSettings } from './owned-database.js';
import { LOOK_MS } from './ownership.js';

/** What is written at once. */
export type Batch = ReturnType<Level['batch']>;

/** Writes and syncs. */
export type Commit = (batch: Batch) => Promise<void>;

/** A database that opens when it is needed. `T` is what is made of it whenever it was opened. */
export interface LazyDatabase<T> {
  /** It was open in this process: without its directory something is lost. */
  readonly wasOpen: boolean;
  /** @throws Error with what the disk says; the next call opens the database again */
  read<R>(run: (made: T) => Promise<R>): Promise<R>;
  /** The same, one after the other. */
  write<R>(run: (made: T) => Promise<R>): Promise<R>;
  /** Waits for what is under way; later calls throw. */
  close(): Promise<void>;
}

/** Which database, and what is made of it. */
export interface LazyDatabaseSettings<T> extends Omit<OwnedDatabaseSettings, 'load'> {
  /** Reads what it needs to know from a database that was just opened. */
  load(db: Level, opened: Opened, commit: Commit): Promise<T>;
}

interface Used<T> {
  readonly db: Level;
  readonly made: T;
}

/** Nothing is opened here. */
export function createLazyDatabase<T>(settings: LazyDatabaseSettings<T>): LazyDatabase<T> {
  const { name, load } = settings;
  const writes = new Mutex();
  let made: { readonly of: T } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let opening: Promise<Used<T>> | undefined;
  let lastClosed: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const database = new OwnedDatabase({
    ...settings,
    async load(db, opened) {
      made = { of: await load(db, opened, commit) };
      return 0;
    },
  });

  async function commit(batch: Batch): Promise<void> {
    const { length } = batch;
    await batch.write({ sync: true });
    database.wrote(length);
  }

  async function open(): Promise<Used<T>> {
    await lastClosed;
    const db = await database.open();
    if (made === undefined) throw new Error('the database was opened without being read');
    return { db, made: made.of };
  }

  /** After a failed write LevelDB may go on with a log that it cannot read back later, so nothing is done with that database any more. */
  function drop(failed: Promise<Used<T>>): void {
    if (opening !== failed) return;
    opening = undefined;
    lastClosed = failed.then(({ db }) => db.close()).catch(() => undefined);
  }

  /** What is read may be that of another directory; one look does for all reads of a moment. */
  async function look(): Promise<void> {
    const now = performance.now();
    if (now - lookedAt < LOOK_MS) return;
    await database.look();
    lookedAt = now;
  }

  async function read<R>(run: (made: T) => Promise<R>): Promise<R> {
    if (isClosed) throw new Error(`the ${name} is closed`);
    opening ??= open();
    const current = opening;
    try {
      const { made } = await current;
      await look();
      return await run(made);
    } catch (error) {
      const { code, text } = database.failed(error);
      drop(current);
      throw new Error(`the ${name} cannot be used: ${text} (${code})`);
    }
  }

  return {
    get wasOpen() {
      return database.wasOpen;
    },
    read,
    write(run) {
      const runAndVerify = async (made: T) => {
        const result = await run(made);
        await database.verify();
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
      const db = await last?.then((used) => used.db).catch(() => undefined);
      // What was written is synced: nothing is lost with an error.
      await database.close(db).catch(() => undefined);
    },
  };
}
