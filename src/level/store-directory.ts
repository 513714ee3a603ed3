// The directory of the memberships: opens their database, rescues it where it is damaged, and notices when it is older than it should be.

import type { Logger } from '../base/logger.js';
import { describeDiskError } from './disk-error.js';
import { NewerFormatError } from './format.js';
import { HighWater } from './high-water.js';
import { type Found, type Level, openDatabase } from './open-database.js';
import { RunMarker } from './run-marker.js';

/** Where and how to open. */
export interface StoreDirectory {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What is written at once. */
export type StoreBatch = ReturnType<Level['batch']>;

const CACHE = 16 << 20;
const WRITE_BUFFER = 8 << 20;

/** The version of all that is in the store, and where it is kept. Stores of versions before the first that was counted hold no such number. */
const FORMAT = 2;
const FORMAT_KEY = 'format';

const LOST =
  'Nothing that is known of members is sure any more: memberships that Statsig has are sent once more, and where nothing is known, replays of old events count.';

/** What the disk says, for people; it names no id. */
export function describeStoreError(error: unknown): string {
  const { code, text } = describeDiskError(error);
  return code === 'LEVEL_LOCKED' ? 'another process has the store of memberships open' : `${text} (${code})`;
}

/** Opens one database, as often as need be. */
export class StoreFiles {
  readonly #settings: StoreDirectory;
  readonly #highWater: HighWater;
  readonly #marker: RunMarker;
  #operations = 0;

  constructor(settings: StoreDirectory) {
    this.#settings = settings;
    this.#highWater = new HighWater(settings.directory);
    this.#marker = new RunMarker(settings.directory);
  }

  /**
   * Opens the database.
   *
   * @param load told whether what is read may be incomplete or old
   * @param suspect what was found broken while it was open
   * @throws the error of the disk where it is no damage: it is full, read-only, locked by another process, …
   */
  async open(load: (db: Level, hasGaps: boolean) => Promise<void>, suspect?: string): Promise<Level> {
    const { directory, now, log } = this.#settings;
    const { synced, state } = await this.#highWater.read();
    return openDatabase(
      {
        ...{ directory, now, log, name: 'store of memberships', writeBufferSize: WRITE_BUFFER, cacheSize: CACHE },
        synced: synced?.operations,
        marker: this.#marker,
        // What is damaged in it is learned anew.
        isSound: () => false,
        load: async (db, found) => {
          const format = await readFormat(db);
          const hasGaps = this.#tellGaps(found, state === 'noted' || format === undefined);
          this.#operations = found.operations;
          await this.#highWater.begin({ sequence: 0, operations: found.operations });
          // Before anything else: an earlier version would not find what this one writes.
          if (format !== FORMAT) await this.commit(db.batch().put(FORMAT_KEY, String(FORMAT)));
          await load(db, hasGaps);
        },
      },
      suspect,
    );
  }

  #tellGaps({ damage, missing }: Found, isNoted: boolean): boolean {
    const said = [
      ...damage,
      ...(missing > 0 ? ['what was written last is gone'] : []),
      ...(isNoted ? [] : ['the file synced cannot be read: whether what was written last is there is not known']),
    ];
    if (said.length === 0) return false;
    this.#settings.log.error(
      { directory: this.#settings.directory, said },
      `The store of memberships is damaged. ${LOST}`,
    );
    return true;
  }

  /** Writes and syncs. */
  async commit(batch: StoreBatch): Promise<void> {
    const { length } = batch;
    await batch.write({ sync: true });
    this.#operations += length;
    this.#highWater.note({ sequence: 0, operations: this.#operations });
  }

  /** To be called once the database is closed for good. */
  async close(): Promise<void> {
    await this.#highWater.close();
    await this.#marker.closed();
  }
}

/** @returns `undefined` for a store that has none yet @throws NewerFormatError */
async function readFormat(db: Level): Promise<number | undefined> {
  const text = await db.get(FORMAT_KEY);
  if (text === undefined) return undefined;
  const format = Number(text);
  if (format > FORMAT) throw new NewerFormatError('store of memberships', format, FORMAT);
  return format;
}
