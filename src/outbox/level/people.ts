// Knows which records of a lane may be about a person, so that no one has to read the whole lane to find out.
//
// Kept in memory, eight bytes a record: an index on disk would cost every event a write, for the few that are ever deleted. It is made from what each record says when the
// database is opened. Where some of a lane's do not say, because an earlier version wrote them, all of that lane are read once, when the first person is looked for.

import type { EpochMs } from '../../base/time.js';
import { NO_ONE, type PersonMark, personMark } from './person-mark.js';

/** Records of a block. A look reads the keys of the time that a block covers. */
const BLOCK = 256;

/** Offsets within a block are kept in 32 bits. */
const MOST_APART = 0xffff_ffff;

/** Stands for a record of which no one has said whom it is about: those that are about no one are not kept. */
const UNKNOWN = NO_ONE;

/** People to look for. */
export type Wanted = ReadonlySet<number>;

/** Makes ids ready to be looked for. */
export function wantedPeople(ids: Iterable<string>): Wanted {
  return new Set([UNKNOWN, ...[...ids].map((id) => personMark(id) ?? UNKNOWN)]);
}

/** Where a record of a wanted person may be. Times as keys hold them. */
export interface Place {
  readonly earliest: EpochMs;
  readonly latest: EpochMs;
  /** Sequence numbers. */
  readonly sequences: ReadonlySet<number>;
}

/** A record as it is found on disk. */
export interface ReadRecord {
  readonly sequence: number;
  readonly time: number;
  readonly person: PersonMark;
}

class Block {
  readonly first: number;
  last: number;
  earliest = Number.POSITIVE_INFINITY;
  latest = Number.NEGATIVE_INFINITY;
  /** Records that are still there, those about no one included. */
  live = 0;
  added = 0;
  #hashes: number[] | Uint32Array = [];
  #offsets: number[] | Uint32Array = [];

  constructor(first: number) {
    this.first = first;
    this.last = first;
  }

  get isFull(): boolean {
    return this.added >= BLOCK;
  }

  add({ sequence, time, person }: ReadRecord): void {
    this.last = sequence;
    this.live += 1;
    this.added += 1;
    this.cover(time);
    if (person !== NO_ONE && Array.isArray(this.#hashes) && Array.isArray(this.#offsets)) {
      this.#hashes.push(person ?? UNKNOWN);
      this.#offsets.push(sequence - this.first);
    }
    if (this.isFull) {
      this.#hashes = Uint32Array.from(this.#hashes);
      this.#offsets = Uint32Array.from(this.#offsets);
    }
  }

  cover(time: number): void {
    this.earliest = Math.min(this.earliest, time);
    this.latest = Math.max(this.latest, time);
  }

  markOf(sequence: number): PersonMark {
    const index = this.#offsets.indexOf(sequence - this.first);
    if (index < 0) return NO_ONE;
    const hash = this.#hashes[index];
    return hash === UNKNOWN ? undefined : hash;
  }

  find(wanted: Wanted): Set<number> | undefined {
    let found: Set<number> | undefined;
    for (let index = 0; index < this.#hashes.length; index += 1) {
      if (!wanted.has(this.#hashes[index] ?? UNKNOWN)) continue;
      found ??= new Set();
      found.add(this.first + (this.#offsets[index] ?? 0));
    }
    return found;
  }
}

/** The people of one lane's records: of those that wait and of the dead letters. */
export class People {
  /** In the order of their sequence numbers, which do not overlap. */
  #blocks: Block[] = [];
  /** Records of sequence numbers up to this one were on disk before, and have not been read. */
  #unreadUpTo = 0;
  #unread = 0;
  /** What is being found on disk. */
  #found: ReadRecord[] = [];
  /** What happened to unread records while they are being read: the time they have now, or that they are gone. */
  #meanwhile: Map<number, number | 'gone'> | undefined;

  /** A record that was on disk already. */
  foundOnDisk(record: ReadRecord): void {
    this.#found.push(record);
  }

  /** All that were on disk are found. */
  allFound(): void {
    const found = this.#found.sort((one, other) => one.sequence - other.sequence);
    this.#found = [];
    if (found.every(({ person }) => person !== undefined)) {
      for (const record of found) this.add(record);
      return;
    }
    this.#unread = found.length;
    this.#unreadUpTo = found.at(-1)?.sequence ?? 0;
  }

  /** Whose data a record is. */
  markOf(sequence: number): PersonMark {
    return this.#blockOf(sequence)?.markOf(sequence);
  }

  /** A new record; its sequence number is the highest so far. */
  add(record: ReadRecord): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.isFull || record.sequence - block.first > MOST_APART) {
      block = new Block(record.sequence);
      this.#blocks.push(block);
    }
    block.add(record);
  }

  /** The record is at another time now. */
  moved(sequence: number, time: number): void {
    this.#blockOf(sequence)?.cover(time);
    this.#meanwhile?.set(sequence, time);
  }

  /** The record is gone. */
  remove(sequence: number): void {
    this.#meanwhile?.set(sequence, 'gone');
    const block = this.#blockOf(sequence);
    if (block === undefined) {
      if (sequence <= this.#unreadUpTo) this.#unread -= 1;
      return;
    }
    block.live -= 1;
    if (block.live === 0 && (block.isFull || block !== this.#blocks.at(-1)))
      this.#blocks.splice(this.#indexOf(sequence), 1);
  }

  /** False: nothing of these people is in the lane. */
  mayHold(wanted: Wanted): boolean {
    return this.#unread > 0 || this.#blocks.some((block) => block.find(wanted) !== undefined);
  }

  /** Where to look; `undefined`: everywhere, for some records have yet to be read. */
  find(wanted: Wanted): readonly Place[] | undefined {
    if (this.#unread > 0) return undefined;
    return this.#blocks.flatMap((block) => {
      const sequences = block.find(wanted);
      return sequences === undefined ? [] : [{ earliest: block.earliest, latest: block.latest, sequences }];
    });
  }

  /** All unread records are about to be read, from the state of this moment. */
  beginReading(): void {
    this.#meanwhile = new Map();
  }

  /** @param records all of the lane; `undefined` when they could not be read */
  endReading(records: ReadRecord[] | undefined): void {
    const meanwhile = this.#meanwhile;
    this.#meanwhile = undefined;
    if (records === undefined || meanwhile === undefined) return;
    const newer = this.#blocks;
    this.#blocks = [];
    const old = records.filter(({ sequence }) => sequence <= this.#unreadUpTo);
    for (const record of old.sort((one, other) => one.sequence - other.sequence)) {
      const now = meanwhile.get(record.sequence);
      if (now === 'gone') continue;
      this.add(record);
      if (now !== undefined) this.#blocks.at(-1)?.cover(now);
    }
    this.#blocks.push(...newer);
    this.#unread = 0;
    this.#unreadUpTo = 0;
  }

  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle]?.first ?? sequence) <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #blockOf(sequence: number): Block | undefined {
    const block = this.#blocks[this.#indexOf(sequence)];
    return block !== undefined && sequence >= block.first && sequence <= block.last ? block : undefined;
  }
}
