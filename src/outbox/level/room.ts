// Watches how much room the disk has, and keeps some of it for a way out: what waits can be delivered and dead letters can be dropped on a full disk.
//
// To delete is to write: LevelDB writes that something is gone before it takes it away. So new events are refused while there is still room for that, and a
// file of real blocks keeps more of it from others, to be given up when the disk is full all the same.

import { randomFillSync } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '../../base/logger.js';
import { PRIVATE_FILE } from '../../base/private-files.js';

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

/** An event is written to the log, then to a table. */
const TIMES_WRITTEN = 2;

/** With so many times as much free as is to be kept the reserve need not be made yet: nothing fills that between two looks. */
const PLENTY = 64;

/** Below so many times as much it has to be there. */
const NEEDED = 8;

/** Once it was short there has to be so many times as much, or it would be short again with the next event. */
const ENOUGH_AGAIN = 1.25;

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
  #free = Number.POSITIVE_INFINITY;
  #isWhole = false;
  #isShort = false;
  #making: Promise<void> | undefined;

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

  /** Bytes of LevelDB's write buffer. */
  get writeBufferBytes(): number {
    if (this.#kept === 0) return MOST_WRITE_BUFFER;
    const fitting = Math.floor((2 * this.#kept - FIRST_LEVEL) / WRITE_BUFFERS);
    return Math.min(MOST_WRITE_BUFFER, Math.max(LEAST_WRITE_BUFFER, fitting));
  }

  /** Bytes that are about to be written. @returns whether there is room for them */
  take(bytes: number): boolean {
    this.#free -= TIMES_WRITTEN * bytes;
    // A guess refuses this call; the next look says how it stands.
    return !this.#isShort && (this.#kept === 0 || this.#free >= this.#kept);
  }

  /** Whether so many bytes could be written, and written anew by LevelDB, without touching what is kept for deleting. Takes nothing. */
  fits(bytes: number): boolean {
    return this.#kept === 0 || (!this.#isShort && this.#free - TIMES_WRITTEN * bytes >= this.#kept);
  }

  /**
   * Bytes of a record that takes the place of one that goes: it may use half of what is free beside the reserve, for the old one gives its room back.
   *
   * @returns whether there is room for them
   */
  replace(bytes: number): boolean {
    if (this.#kept > 0 && this.#free - TIMES_WRITTEN * bytes < this.#kept / 2) return false;
    this.#free -= TIMES_WRITTEN * bytes;
    return true;
  }

  /** To be called before the directory is opened. Does not throw. */
  async measure(): Promise<void> {
    // The directory may have to be made.
    for (const path of [this.#settings.directory, dirname(this.#settings.directory)]) {
      const found = await statfs(path).catch(() => undefined);
      if (found === undefined) continue;
      this.#kept = Math.min(this.#settings.reserveBytes, Math.floor((found.blocks * found.bsize) / SHARE_OF_DISK));
      this.#free = found.bavail * found.bsize;
      return;
    }
  }

  /** Looks again, and makes the reserve where there is room for it. Does not throw. */
  async look(): Promise<void> {
    if (this.#settings.reserveBytes === 0) return;
    await this.measure();
    this.#isWhole = await this.#isMade();
    const isNeeded = this.#free < PLENTY * this.#kept;
    if (!this.#isWhole && isNeeded && this.#free >= 2 * this.#kept) {
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined;
      });
      await this.#making;
    }
    this.#judge();
  }

  /** The disk is full: gives the reserve up. Does not throw. */
  async release(): Promise<void> {
    if (this.#settings.reserveBytes === 0) return;
    await this.#making;
    this.#isWhole = false;
    this.#free = 0;
    await rm(this.#file, { force: true }).catch(() => undefined);
    this.#judge();
  }

  #judge(): void {
    const needed = this.#isShort ? ENOUGH_AGAIN * this.#kept : this.#kept;
    const isShort = this.#kept > 0 && (this.#free < needed || (!this.#isWhole && this.#free < NEEDED * this.#kept));
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
