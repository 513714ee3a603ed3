// Watches how much room the disk has, and keeps some of it for a way out: what waits can be delivered and dead letters can be dropped on a full disk.
//
// To delete is to write: LevelDB writes that something is gone before it takes it away. So new events are refused while there is still room for that, and a
// file of real blocks keeps more of it from others, to be given up when the disk is full all the same.

import { randomFillSync } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '../../base/logger.js';
import { PRIVATE_FILE } from '../../base/private-files.js';
import type { Level } from '../../level/open-database.js';
import { measureTables, type TableBytes } from './table-files.js';

/** Name of the file that keeps room, in the directory. */
export const RESERVE_FILE = 'reserve';

/** A small disk is not all reserve. */
const SHARE_OF_DISK = 4;

/**
 * What LevelDB keeps in memory and in its log until it writes a table. Opening writes what the log holds, and cleaning up writes four such tables and those of
 * its first level anew before the old ones go: what is kept has to be enough for that.
 */
const MOST_WRITE_BUFFER = 16 << 20;
const LEAST_WRITE_BUFFER = 256 << 10;
const WRITE_BUFFERS = 6;
const FIRST_LEVEL = 10 << 20;

/** Of such tables, what comes while files are merged. */
const WRITTEN_BESIDE = 2;

/** An event is written to the log, then to a table. */
const TIMES_WRITTEN = 2;

/** With so many times as much free as is to be kept the reserve need not be made yet: nothing fills that between two looks. */
const PLENTY = 64;

/** Below so many times as much it has to be there. */
const NEEDED = 8;

/** With less than that part of what is kept beside what has to stay free it is short: when it is not, there is room for what comes until the next look. */
const MARGIN = 1 / 8;

/** Once it was short there has to be this part, or it would be short again with the next events. */
const MARGIN_AGAIN = 1 / 4;

/** Below so many times what has to stay free LevelDB is to give back soon what was taken out, and what can wait is not written. */
const TIGHT = 2;

const NO_TABLES: TableBytes = { inUse: 0, passing: 0 };

const CHUNK = 1 << 20;

/** Bytes of a block as `stat` counts them. */
const BLOCK = 512;

/** Where it is and how much is kept. */
export interface RoomSettings {
  readonly directory: string;
  /** Bytes of the reserve; on a small disk a quarter of it. 0 for none: then nothing is refused before the disk is full. */
  readonly reserveBytes: number;
  readonly log: Logger;
}

/** The room on the disk of a directory. */
export class Room {
  readonly #settings: RoomSettings;
  readonly #file: string;
  /** Bytes that are kept in the file, and as many beside it. */
  #kept = 0;
  /** Bytes that nothing takes now. */
  #free = Number.POSITIVE_INFINITY;
  /** The same when LevelDB has ended what it does, less what was taken since the last look. */
  #left = Number.POSITIVE_INFINITY;
  #tables = NO_TABLES;
  #isWhole = false;
  #isShort = false;
  #looking: Promise<void> = Promise.resolve();
  #looksSoon = false;
  #db: Level | undefined;

  constructor(settings: RoomSettings) {
    this.#settings = settings;
    this.#file = join(settings.directory, RESERVE_FILE);
  }

  /** Why no event is taken; `undefined` while there is room. */
  get problem(): string | undefined {
    return this.#isShort
      ? 'ENOSPC: the disk is nearly full: what waits is delivered and dead letters can be dropped, but no event is taken'
      : undefined;
  }

  /** Whether room that records have left is needed soon. */
  get isTight(): boolean {
    return !this.spares(0);
  }

  /** Bytes of LevelDB's write buffer. */
  get writeBufferBytes(): number {
    if (this.#kept === 0) return MOST_WRITE_BUFFER;
    const fitting = Math.floor((2 * this.#kept - FIRST_LEVEL) / WRITE_BUFFERS);
    return Math.min(MOST_WRITE_BUFFER, Math.max(LEAST_WRITE_BUFFER, fitting));
  }

  /** Bytes that are about to be written. Where there is no room for them nothing is taken until the next look: who is refused finds the reason in the status. @returns whether there is */
  take(bytes: number): boolean {
    if (this.#kept > 0 && (this.#isShort || this.#left - TIMES_WRITTEN * bytes < this.#needed)) {
      this.#change(true);
      return false;
    }
    this.#count(bytes);
    return true;
  }

  /** Whether so many bytes could be written, and written anew by LevelDB, for what can wait: new events need the rest. Takes nothing. */
  spares(bytes: number): boolean {
    return this.#kept === 0 || (!this.#isShort && this.#left - TIMES_WRITTEN * bytes >= TIGHT * this.#needed);
  }

  /**
   * Bytes of a record that takes the place of one that goes: it may use half of what is kept beside the reserve, for the old one gives its room back. With the reserve
   * given up files can still be merged then.
   *
   * @returns whether there is room for them
   */
  replace(bytes: number): boolean {
    if (this.#kept > 0 && this.#left - TIMES_WRITTEN * bytes < this.#needed - this.#kept / 2) return false;
    this.#count(bytes);
    return true;
  }

  /** As if all of it were written twice at once: before that refuses anything, it is looked how it stands. */
  #count(bytes: number): void {
    this.#left -= TIMES_WRITTEN * bytes;
    if (this.#left < this.#needed + MARGIN * this.#kept) this.#lookSoon();
  }

  /** To be called before the directory is opened. Does not throw. */
  async measure(): Promise<void> {
    // The directory may have to be made.
    for (const path of [this.#settings.directory, dirname(this.#settings.directory)]) {
      const found = await statfs(path).catch(() => undefined);
      if (found === undefined) continue;
      this.#kept = Math.min(this.#settings.reserveBytes, Math.floor((found.blocks * found.bsize) / SHARE_OF_DISK));
      this.#free = found.bavail * found.bsize;
      this.#left = this.#free + this.#tables.passing;
      return;
    }
  }

  /** Looks again, and makes the reserve where there is room for it. Does not throw. @param db it is open */
  look(db: Level): Promise<void> {
    this.#db = db;
    if (this.#settings.reserveBytes > 0) this.#looking = this.#looking.then(() => this.#look(db));
    return this.#looking;
  }

  #lookSoon(): void {
    if (this.#looksSoon || this.#db === undefined) return;
    this.#looksSoon = true;
    void this.look(this.#db).finally(() => {
      this.#looksSoon = false;
    });
  }

  async #look(db: Level): Promise<void> {
    await this.measure();
    if (this.#free < NEEDED * this.#kept) {
      const tables = await measureTables(db, this.#settings.directory).catch(() => undefined);
      // It is being closed. The next look follows when it is open again.
      if (tables === undefined) return;
      this.#tables = tables;
      await this.measure();
    } else this.#tables = NO_TABLES;
    this.#isWhole = await this.#isMade();
    const isNeeded = this.#free < PLENTY * this.#kept;
    if (!this.#isWhole && isNeeded && this.#free >= this.#kept + this.#needed) await this.#make();
    this.#judge();
  }

  /** The disk is full: gives the reserve up. Does not throw. */
  async release(): Promise<void> {
    if (this.#settings.reserveBytes === 0) return;
    await this.#looking;
    this.#isWhole = false;
    this.#free = 0;
    this.#left = 0;
    this.#tables = NO_TABLES;
    await rm(this.#file, { force: true }).catch(() => undefined);
    this.#judge();
  }

  /** What LevelDB may write anew at once has to find room, or the disk would be full to the last byte before events are refused. */
  get #needed(): number {
    const { inUse } = this.#tables;
    const buffer = this.writeBufferBytes;
    return Math.max(this.#kept, Math.min(inUse + WRITTEN_BESIDE * buffer, WRITE_BUFFERS * buffer + FIRST_LEVEL));
  }

  /** What is about to be free does not end it: what is free now is. */
  #judge(): void {
    const isMissing = !this.#isWhole && this.#free < NEEDED * this.#kept;
    const isFull = this.#isShort
      ? this.#free < this.#needed + MARGIN_AGAIN * this.#kept
      : this.#left < this.#needed + MARGIN * this.#kept;
    this.#change(this.#kept > 0 && (isMissing || isFull));
  }

  #change(isShort: boolean): void {
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    const { directory, log } = this.#settings;
    if (isShort)
      log.error(
        { directory, free: this.#free },
        'The disk of the outbox is nearly full. No event is taken until there is room.',
      );
    else log.info({ directory, free: this.#free }, 'The disk of the outbox has room again.');
  }

  async #isMade(): Promise<boolean> {
    const found = await stat(this.#file).catch(() => undefined);
    return found !== undefined && found.size >= this.#kept && found.blocks * BLOCK >= this.#kept;
  }

  /** Of random bytes: blocks of zeros may be left out by the file system. */
  async #make(): Promise<void> {
    const chunk = randomFillSync(Buffer.alloc(Math.min(CHUNK, this.#kept)));
    try {
      const file = await open(this.#file, 'w', PRIVATE_FILE);
      try {
        for (let written = 0; written < this.#kept; written += chunk.length) await file.write(chunk);
      } finally {
        await file.close();
      }
      this.#isWhole = true;
      await this.measure();
    } catch {
      // What stops it says so when an event is to be written, too.
      await rm(this.#file, { force: true }).catch(() => undefined);
    }
  }
}
