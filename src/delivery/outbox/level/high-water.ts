// Notices that the newest writes vanished: remembers beside the database how far it was synced.
//
// LevelDB takes a log that is cut off at its end for one whose last write never finished, and says nothing.

import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'synced';

/** As many digits as the largest safe integer has: each note overwrites the one before. */
const DIGITS = 16;

/** The highest sequence number that was synced. */
export class HighWater {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #noted = 0;
  #writing: Promise<void> | undefined;

  /** @param directory of the database */
  constructor(directory: string) {
    this.#file = join(directory, FILE);
  }

  /** What was noted last, also by this process in a directory that has been replaced since; 0 when nothing was, or it can't be read. */
  async read(): Promise<number> {
    // The file that is open may be that of another directory.
    await this.close();
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    return Math.max(this.#noted, /^\d+$/.test(text) ? Number(text) : 0);
  }

  /** What was noted belongs to a database that is gone. */
  forget(): void {
    this.#noted = 0;
  }

  /**
   * Call it after a sync. The note itself is not synced: after a loss of power it may be old, which hides a loss, but never new, which would invent one. A note that can't be written is
   * left out.
   */
  note(sequence: number): void {
    if (sequence <= this.#noted) return;
    this.#noted = sequence;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Waits for the note under way. */
  async close(): Promise<void> {
    await this.#writing;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #write(): Promise<void> {
    let written = 0;
    try {
      this.#handle ??= await open(this.#file, 'w');
      while (written < this.#noted) {
        written = this.#noted;
        await this.#handle.write(String(written).padStart(DIGITS, '0'), 0);
      }
    } catch {
      this.#handle = undefined;
    }
  }
}
