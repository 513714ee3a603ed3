// Notices that the newest writes vanished: remembers beside the database how far it was synced.
//
// LevelDB takes a log that is cut off at its end for one whose last write never finished, and says nothing. Where all its files are gone it begins anew, and says nothing.

import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replacePrivateFile } from '../base/private-files.js';
import { sumOf } from './seal.js';

const FILE = 'synced';

/** Digits of the largest safe integer: each note overwrites the one before. */
const DIGITS = 16;

/** Milliseconds between syncs of the note outside of the directory. */
const SYNC_EVERY = 1000;

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
  readonly #inside: Note;
  readonly #outside: Note;
  #last: Synced | undefined;
  #forgotten = false;
  #syncedAt = 0;
  #syncing: Promise<void> | undefined;

  /** @param directory of the database */
  constructor(directory: string) {
    this.#inside = new Note(join(directory, FILE));
    this.#outside = new Note(noteOutside(directory));
  }

  /** What was noted last, also by this process in a directory that has been replaced since. */
  async read(): Promise<Noted> {
    // The file that is open may be that of another directory.
    await this.#settle();
    const [inside, outside] = await Promise.all([readNote(this.#inside.file), readNote(this.#outside.file)]);
    const others = this.#forgotten ? [] : [outside, this.#last];
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
    await replacePrivateFile(this.#inside.file, toText(synced));
    // Outside there may be no place to write.
    await replacePrivateFile(this.#outside.file, toText(synced)).catch(() => undefined);
    this.#last = synced;
    this.#forgotten = false;
  }

  /**
   * Call it after a sync and before what was synced is acknowledged: a kill in between would leave a note that does not know of it. Both notes are in the hands of the system when
   * it returns, which takes some microseconds. They are not synced: after a loss of power they may be old, which hides a loss, but never new, which would invent one. A note that cannot
   * be written is left out.
   */
  note(synced: Synced): void {
    this.#last = synced;
    const text = toText(synced);
    this.#inside.write(text);
    this.#outside.write(text);
    if (performance.now() - this.#syncedAt < SYNC_EVERY || this.#syncing !== undefined) return;
    this.#syncedAt = performance.now();
    this.#syncing = this.#outside.sync().finally(() => {
      this.#syncing = undefined;
    });
  }

  /** No note follows. */
  async close(): Promise<void> {
    await this.#settle();
    if (this.#last !== undefined)
      await replacePrivateFile(this.#outside.file, toText(this.#last)).catch(() => undefined);
  }

  async #settle(): Promise<void> {
    await this.#syncing;
    this.#inside.close();
    this.#outside.close();
  }
}

/** A file that is there, and is written over in place. */
class Note {
  readonly file: string;
  #open: number | undefined;

  constructor(file: string) {
    this.file = file;
  }

  /** Hands it to the system. Does not throw. */
  write(text: string): void {
    try {
      this.#open ??= openSync(this.file, 'r+');
      writeSync(this.#open, text, 0, 'latin1');
    } catch {
      this.close();
    }
  }

  /** Waits until it is on the disk, or cannot be. */
  sync(): Promise<void> {
    const file = this.#open;
    return file === undefined ? Promise.resolve() : new Promise((resolve) => fdatasync(file, () => resolve()));
  }

  close(): void {
    const file = this.#open;
    this.#open = undefined;
    try {
      if (file !== undefined) closeSync(file);
    } catch {
      // What could not be written is left out.
    }
  }
}

function highestOf(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function toText({ sequence, operations = 0 }: Synced): string {
  const text = `${String(sequence).padStart(DIGITS, '0')} ${String(operations).padStart(DIGITS, '0')}`;
  return `${text} ${sumOf(text).toString(16).padStart(8, '0')}\n`;
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
  const isSound = sum !== undefined && Number.parseInt(sum, 16) === sumOf(`${sequence} ${operations}`);
  return isSound ? { sequence: Number(sequence), operations: Number(operations) } : 'damaged';
}
