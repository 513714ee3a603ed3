// Counts what became of the events of a replay.

import type { EpochMs } from '../base/time.js';

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

/** What became of events. All of it can be written as JSON and read back. */
export interface Tallied {
  /** That were read. */
  readonly events: number;
  /** That are stored now, or in a dry run would be. */
  readonly accepted: number;
  readonly duplicates: number;
  /** By why. */
  readonly filtered: Counts;
  /** By code. */
  readonly refused: Counts;
  /** Of the events that were chosen; absent where none says it. */
  readonly first?: EpochMs;
  readonly last?: EpochMs;
}

function addTo(counts: Map<string, number>, name: string, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n);
}

const sum = (counts: Counts) => Object.values(counts).reduce((all, n) => all + n, 0);

/** @returns how many events are refused */
export function countRefused({ refused }: Pick<Tallied, 'refused'>): number {
  return sum(refused);
}

/** @returns how many events are filtered */
export function countFiltered({ filtered }: Pick<Tallied, 'filtered'>): number {
  return sum(filtered);
}

/** Counts one event after the other. */
export class Tally {
  events = 0;
  accepted = 0;
  duplicates = 0;
  readonly #filtered = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  #first: EpochMs | undefined;
  #last: EpochMs | undefined;

  filter(reason: string, n = 1): void {
    if (n > 0) addTo(this.#filtered, reason, n);
  }

  refuse(code: string, n = 1): void {
    if (n > 0) addTo(this.#refused, code, n);
  }

  /** When a chosen event happened. */
  see(time: EpochMs): void {
    if (this.#first === undefined || time < this.#first) this.#first = time;
    if (this.#last === undefined || time > this.#last) this.#last = time;
  }

  add(other: Tallied): void {
    this.events += other.events;
    this.accepted += other.accepted;
    this.duplicates += other.duplicates;
    for (const [reason, n] of Object.entries(other.filtered)) this.filter(reason, n);
    for (const [code, n] of Object.entries(other.refused)) this.refuse(code, n);
    if (other.first !== undefined) this.see(other.first);
    if (other.last !== undefined) this.see(other.last);
  }

  toJSON(): Tallied {
    return {
      events: this.events,
      accepted: this.accepted,
      duplicates: this.duplicates,
      filtered: Object.fromEntries(this.#filtered),
      refused: Object.fromEntries(this.#refused),
      ...(this.#first !== undefined && { first: this.#first }),
      ...(this.#last !== undefined && { last: this.#last }),
    };
  }
}
