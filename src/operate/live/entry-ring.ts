// A bounded memory of entries: the newest stay.

import type { KeptEntry } from './kept-entry.js';

/** What a memory may hold. */
export interface RingLimits {
  readonly entries: number;
  /** Of entries without their events. */
  readonly entryBytes: number;
  /** Of events: where there are more, the oldest entries lose theirs. */
  readonly eventBytes: number;
}

/** Entries of one fortune, oldest first. */
export class EntryRing {
  readonly #limits: RingLimits;
  readonly #slots: (KeptEntry | undefined)[] = [];
  /** Ordinal counts of entries that came, kept or not. */
  #last = 0;
  /** Count of kept ones since the start, and of those that are gone: their difference is how many there are. */
  #added = 0;
  #removed = 0;
  /** Count of kept ones whose event is gone. */
  #stripped = 0;
  #lastRemoved = 0;
  #entryBytes = 0;
  #eventBytes = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Ordinal of the last that came. */
  get last(): number {
    return this.#last;
  }

  /** Ordinal of the last that was kept once and is not any more. */
  get lastRemoved(): number {
    return this.#lastRemoved;
  }

  get size(): number {
    return this.#added - this.#removed;
  }

  get bytes(): number {
    return this.#entryBytes + this.#eventBytes;
  }

  /** Some came that are not kept. */
  skip(count: number): void {
    this.#last += count;
  }

  /** @returns the ordinal of one that is to be added now */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  add(kept: KeptEntry): void {
    if (this.size >= this.#limits.entries) this.#removeOldest();
    this.#slots[this.#added % this.#limits.entries] = kept;
    this.#added += 1;
    this.#entryBytes += kept.bytes;
    this.#eventBytes += eventBytes(kept);
    while (this.#entryBytes > this.#limits.entryBytes) this.#removeOldest();
    while (this.#eventBytes > this.#limits.eventBytes) this.#stripOldest();
  }

  #slot(index: number): KeptEntry | undefined {
    return this.#slots[index % this.#limits.entries];
  }

  #removeOldest(): void {
    const oldest = this.#slot(this.#removed);
    if (this.#stripped <= this.#removed) this.#stripOldest();
    this.#slots[this.#removed % this.#limits.entries] = undefined;
    this.#removed += 1;
    if (oldest === undefined) return;
    this.#entryBytes -= oldest.bytes;
    this.#lastRemoved = oldest.ordinal;
  }

  #stripOldest(): void {
    const oldest = this.#slot(this.#stripped);
    this.#stripped += 1;
    if (oldest === undefined) return;
    this.#eventBytes -= eventBytes(oldest);
    oldest.extra.event = undefined;
  }

  /** Those that came after an ordinal and are kept, oldest first. */
  *after(ordinal: number): Generator<KeptEntry, void> {
    for (let index = this.#indexAfter(ordinal); index < this.#added; index += 1) {
      const kept = this.#slot(index);
      if (kept !== undefined) yield kept;
    }
  }

  #indexAfter(ordinal: number): number {
    let low = this.#removed;
    let high = this.#added;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#slot(middle)?.ordinal ?? 0) > ordinal) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Newest first. */
  *newest(): Generator<KeptEntry, void> {
    for (let index = this.#added - 1; index >= this.#removed; index -= 1) {
      const kept = this.#slot(index);
      if (kept !== undefined) yield kept;
    }
  }
}

function eventBytes({ extra: { event } }: KeptEntry): number {
  return event === undefined ? 0 : 2 * event.length;
}
