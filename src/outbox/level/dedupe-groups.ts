// Which group has how many entries of the dedupe index, and when the next of them ends.

import { Shares } from '../../base/shares.js';
import type { EpochMs } from '../../base/time.js';

/** Groups looked at per step for expired entries, beside those that the step writes to. */
const LOOKS = 64;

/** Entries that share a place on disk and a count. */
export class DedupeGroup {
  readonly name: string;
  /** Begins the keys of its entries in the order of their ends. */
  readonly start: string;
  /** Lies behind them. */
  readonly end: string;
  /** Marks on disk. */
  count = 0;
  /** What follows `start` in a key: no entry ends before it; before it lie the tombstones of removed ones. */
  floor = '';
  /** When the next one ends, or earlier. */
  nextEnd: EpochMs = Number.POSITIVE_INFINITY;

  /** @param start ends with a colon */
  constructor(name: string, start: string) {
    this.name = name;
    this.start = start;
    this.end = `${start.slice(0, -1)};`;
  }
}

/** All groups. */
export class DedupeGroups extends Shares<DedupeGroup> {
  #tour = this.values();

  /** A group with entries that have ended, of those given and a few others, which take turns. */
  findExpired(touched: Iterable<DedupeGroup>, now: EpochMs): DedupeGroup | undefined {
    let found: DedupeGroup | undefined;
    const look = (group: DedupeGroup) => {
      if (group.nextEnd <= now && group.nextEnd < (found?.nextEnd ?? Number.POSITIVE_INFINITY)) found = group;
    };
    for (const group of touched) look(group);
    for (let looks = Math.min(LOOKS, this.size); looks > 0; looks -= 1) {
      const next = this.#tour.next();
      if (next.done) this.#tour = this.values();
      else look(next.value);
    }
    return found;
  }
}
