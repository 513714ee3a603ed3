// A database in a directory of its own, through all the times that this process opens it: it is checked and repaired, used by this process alone, and what was
// synced and is gone is noticed. Knows nothing of what is in it.

import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import { type DiskProblem, describeDiskError } from './disk-error.js';
import { HighWater, type Noted } from './high-water.js';
import { type Found, type Level, openDatabase } from './open-database.js';
import type { IsSound } from './operation.js';
import { Ownership, OwnershipError } from './ownership.js';
import { RunMarker } from './run-marker.js';

/** What opening found and did. */
export interface Opened extends Found {
  /** What was noted of the newest writes. */
  readonly noted: Noted;
  /** What somebody should know of a directory that takes the place of the one before; `undefined` for nothing. */
  readonly replaced: string | undefined;
}

/** Which database. */
export interface OwnedDatabaseSettings {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  /** What it is, for people: `outbox`. */
  readonly name: string;
  /** What would be lost without the directory, for people; `undefined` when nothing would. */
  readonly stake: () => string | undefined;
  /** Bytes that LevelDB keeps in memory before it writes a table, asked at each opening. */
  readonly writeBufferBytes: () => number;
  readonly cacheBytes: number;
  readonly isSound: IsSound;
  /**
   * Reads through the database once it is open; damage that it meets is repaired like damage that the check meets. What it writes it tells `wrote`.
   *
   * @returns the highest sequence number of what is in it
   */
  load(db: Level, opened: Opened): Promise<number>;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

export class OwnedDatabase {
  readonly #settings: OwnedDatabaseSettings;
  readonly #highWater: HighWater;
  readonly #marker: RunMarker;
  readonly #ownership: Ownership;
  /** LevelDB's number of the last operation that is synced. */
  #operations = 0;
  /** What was said of damage since it last worked. */
  #suspect: string | undefined;
  #isLoaded = false;
  #wasOpen = false;

  /** Nothing is opened here. */
  constructor(settings: OwnedDatabaseSettings) {
    const { directory, name, stake } = settings;
    this.#settings = settings;
    this.#highWater = new HighWater(directory);
    this.#marker = new RunMarker(directory);
    this.#ownership = new Ownership({ directory, name: `the ${name}`, stake, onNew: () => this.#highWater.forget() });
  }

  /** It was open in this process: without its directory something is lost. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /**
   * Tries once to open it. It must not be open.
   *
   * @throws OwnershipError, NewerFormatError, and the error of the disk where there is nothing to repair: it is full, read-only, locked by another process, …
   */
  async open(): Promise<Level> {
    const { directory, name, writeBufferBytes, cacheBytes, isSound, load, now, log } = this.#settings;
    this.#isLoaded = false;
    const replaced = await this.#ownership.takeOver();
    if (replaced !== undefined) log.error({ directory }, `The ${name} begins empty: ${replaced}.`);
    const noted = await this.#highWater.read();
    const db = await openDatabase(
      {
        ...{ directory, name, isSound, now, log },
        writeBufferSize: writeBufferBytes(),
        cacheSize: cacheBytes,
        synced: noted.synced?.operations,
        marker: this.#marker,
        load: async (db, found) => {
          this.#operations = found.operations;
          const sequence = await load(db, { ...found, noted, replaced });
          await this.#ownership.own();
          await this.#highWater.begin({ sequence, operations: this.#operations });
        },
      },
      this.#suspect,
    );
    this.#suspect = undefined;
    this.#isLoaded = true;
    this.#wasOpen = true;
    return db;
  }

  /** So many operations were written and synced. To be told before they are acknowledged. @param sequence the highest number of what is in it */
  wrote(operations: number, sequence = 0): void {
    this.#operations += operations;
    if (this.#isLoaded) this.#highWater.note({ sequence, operations: this.#operations });
  }

  /** To be awaited after each synced write. @throws OwnershipError: what was written is not where the next start reads */
  verify(): Promise<void> {
    return this.#ownership.verify();
  }

  /** The same for one who has written nothing. @throws OwnershipError */
  look(): Promise<void> {
    return this.#ownership.look();
  }

  /** A read, a write or an opening failed: what it says of damage is looked at when it is opened next. */
  failed(error: unknown): DiskProblem {
    const problem = describeDiskError(error, this.#settings.name);
    // Files that vanish look damaged. Those of another owner are not to be repaired, nor those that come back.
    if (error instanceof OwnershipError) this.#suspect = undefined;
    else if (problem.damaged) this.#suspect = problem.text;
    return problem;
  }

  /** Closes it for good. @param db `undefined` when it is not open @throws the error of the disk */
  async close(db: Level | undefined): Promise<void> {
    await this.#highWater.close();
    // A file that cannot be written makes the next start wait, no more.
    if (db !== undefined) await this.#ownership.release().catch(() => undefined);
    try {
      await db?.close();
    } finally {
      if (this.#wasOpen) await this.#marker.closed();
    }
  }
}
