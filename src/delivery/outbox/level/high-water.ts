// Notices that the newest writes vanished: remembers beside the database how far it was synced.
//
// LevelDB takes a log that is cut off at its end for one whose last write never finished, and says nothing. Where all its files are gone it begins anew, and says nothing.

import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PRIVATE_FILE } from '../../../private-files.js';

const FILE = 'synced';

/** Digits of the largest safe integer: each note overwrites the one before. */
const DIGITS = 16;

/** Milliseconds between notes outside of the directory. */
const OUTSIDE_EVERY = 1000;

/** How far a database was synced. */
export interface Synced {
  /** The highest sequence number of an event. */
  readonly sequence: number;
  /** The number of LevelDB's last operation; `undefined` in notes of early versions. */
  readonly operations: number | undefined;
}

/** What the notes say. */
export interface Noted {
  /** The later of both notes; `undefined` where there is none. */
  readonly synced: Synced | undefined;
  /** Of the note in the directory. */
  readonly state: 'noted' | 'missing' | 'damaged';
}

/** A note outside of the directory shows that the directory was emptied. */
export function noteOutside(directory: string): string {
  return `${directory}.${FILE}`;
}

/** The highest numbers that were synced. */
export class HighWater {
  readonly #inside: string;
  readonly #outside: string;
  #handle: FileHandle | undefined;
  #written: Synced | undefined;
  #next: Synced | undefined;
  #outsideAt = 0;
  #forgotten = false;
  #writing: Promise<void> | undefined;

  /** @param directory of the database */
  constructor(directory: string) {
    this.#inside = join(directory, FILE);
    this.#outside = noteOutside(directory);
  }

  /** What was noted last, also by this process in a directory that has been replaced since. */
  async read(): Promise<Noted> {
    // The file that is open may be that of another directory.
    await this.#settle();
    const [inside, outside] = await Promise.all([readNote(this.#inside), readNote(this.#outside)]);
    const others = this.#forgotten ? [] : [outside, this.#next];
    const notes = [inside, ...others].filter((note) => typeof note === 'object');
    const synced =
      notes.length === 0
        ? undefined
        : {
            sequence: Math.max(...notes.map(({ sequence }) => sequence)),
            operations: highestOf(notes.map(({ operations }) => operations)),
          };
    return { synced, state: typeof inside === 'object' ? 'noted' : inside };
  }

  /** What was noted belongs to a database that is gone. */
  forget(): void {
    this.#forgotten = true;
  }

  /** Begins with what the database has: nothing that is known to be gone is missed again. @throws the error of the disk */
  async begin(synced: Synced): Promise<void> {
    await this.#settle();
    await replace(this.#inside, synced);
    // Outside there may be no place to write.
    await replace(this.#outside, synced).catch(() => undefined);
    this.#written = synced;
    this.#next = synced;
    this.#forgotten = false;
  }

  /**
   * Call it after a sync. The note itself is not synced: after a loss of power it may be old, which hides a loss, but never new, which would invent one. A note that can't be written is
   * left out.
   */
  note(synced: Synced): void {
    this.#next = synced;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Waits for the note under way. */
  async close(): Promise<void> {
    await this.#settle();
    if (this.#written !== undefined) await replace(this.#outside, this.#written).catch(() => undefined);
  }

  async #settle(): Promise<void> {
    await this.#writing;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #write(): Promise<void> {
    try {
      this.#handle ??= await open(this.#inside, 'r+');
      while (this.#next !== undefined && this.#written !== this.#next) {
        const { operations } = this.#next;
        this.#written = this.#next;
        await this.#handle.write(toText(this.#written), 0);
        if (operations !== undefined && performance.now() - this.#outsideAt > OUTSIDE_EVERY) await this.#writeOutside();
      }
    } catch {
      this.#handle = undefined;
    }
  }

  async #writeOutside(): Promise<void> {
    this.#outsideAt = performance.now();
    if (this.#written !== undefined) await replace(this.#outside, this.#written).catch(() => undefined);
  }
}

function highestOf(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function toText({ sequence, operations = 0 }: Synced): string {
  const text = `${String(sequence).padStart(DIGITS, '0')} ${String(operations).padStart(DIGITS, '0')}`;
  return `${text} ${crc32(text).toString(16).padStart(8, '0')}\n`;
}

/** In one step, so that a kill leaves the old note or the new one. */
async function replace(file: string, synced: Synced): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', PRIVATE_FILE);
  try {
    await handle.writeFile(toText(synced));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

async function readNote(file: string): Promise<Synced | 'missing' | 'damaged'> {
  let text: string;
  try {
    text = await readFile(file, 'latin1');
  } catch {
    return 'missing';
  }
  // Early versions wrote the sequence number alone.
  if (/^\d{16}$/.test(text)) return { sequence: Number(text), operations: undefined };
  const [, sequence, operations, sum] = /^(\d{16}) (\d{16}) ([0-9a-f]{8})\n$/.exec(text) ?? [];
  const isSound = sum !== undefined && Number.parseInt(sum, 16) === crc32(`${sequence} ${operations}`);
  return isSound ? { sequence: Number(sequence), operations: Number(operations) } : 'damaged';
}
