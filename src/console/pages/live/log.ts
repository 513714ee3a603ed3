// What the page has of the log: two bounded lists, so that what went well cannot push out what did not; a view that can be held; what arrived, and how fast. Knows no browser.

import type { LiveEntry } from '../../../operate/live/shapes.js';
import { Ring } from './ring.js';
import { ERRORS } from './words.js';

/** A line: an entry, or what is said between entries. */
export type LogRow = { readonly entry: LiveEntry } | { readonly said: string };

/** Which list. */
export type LogList = 'all' | 'errors';

/** Rows from the newest on. */
export interface Rows {
  readonly size: number;
  at(index: number): LogRow | undefined;
}

const KEPT: Readonly<Record<LogList, number>> = { all: 5_000, errors: 2_000 };
const RATE_OVER_MS = 5_000;

const isError = ({ outcome }: LiveEntry) => ERRORS.includes(outcome);

/** Entries that were of the last seconds when these came: the first ones reach further back. */
function countRecent(entries: readonly LiveEntry[]): number {
  const since = (entries.at(-1)?.at ?? 0) - RATE_OVER_MS;
  return entries.filter(({ at }) => at > since).length;
}

function rowsOf(held: readonly LogRow[] | undefined, ring: Ring<LogRow>): Rows {
  if (held !== undefined) return { size: held.length, at: (index) => held[index] };
  return { size: ring.size, at: (index) => ring.newest(index) };
}

/** The log of one set of filters. */
export class Log {
  readonly #rings: Record<LogList, Ring<LogRow>> = { all: new Ring(KEPT.all), errors: new Ring(KEPT.errors) };
  #held: Readonly<Record<LogList, readonly LogRow[]>> | undefined;
  #heldAt = 0;
  readonly #recent: { readonly at: number; readonly entries: number }[] = [];
  /** Entries that have come, gone ones too. */
  #arrived = 0;
  #errors = 0;

  get arrived(): number {
    return this.#arrived;
  }

  /** Errors that have come, gone ones too. */
  get errors(): number {
    return this.#errors;
  }

  /** Whether the view stays as it is. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  /** Entries that have come since the view is held. */
  get arrivedSinceHeld(): number {
    return this.#held === undefined ? 0 : this.#arrived - this.#heldAt;
  }

  /** Takes entries, oldest first. @param now ms since any point */
  add(entries: readonly LiveEntry[], now: number): void {
    if (entries.length === 0) return;
    const bad = entries.filter(isError);
    this.#rings.all.push(entries.map((entry) => ({ entry })));
    this.#rings.errors.push(bad.map((entry) => ({ entry })));
    this.#arrived += entries.length;
    this.#errors += bad.length;
    this.#recent.push({ at: now, entries: countRecent(entries) });
  }

  /** Puts errors before those that have come: older ones, which the list of all does not reach back to. */
  addOlderErrors(entries: readonly LiveEntry[]): void {
    const rows = this.#rings.errors.toArray();
    const known = new Set(rows.map((row) => ('entry' in row ? row.entry.id : undefined)));
    const older = entries.filter((entry) => isError(entry) && !known.has(entry.id)).map((entry) => ({ entry }));
    if (older.length === 0) return;
    const ring = new Ring<LogRow>(KEPT.errors);
    ring.push([...older, ...rows.toReversed()]);
    this.#rings.errors = ring;
    this.#errors += older.length;
  }

  /** Says something between the entries of both lists. */
  say(said: string): void {
    this.#rings.all.push([{ said }]);
    this.#rings.errors.push([{ said }]);
  }

  /** Keeps the view as it is; what comes is taken and counted. */
  hold(): void {
    if (this.#held !== undefined) return;
    this.#held = { all: this.#rings.all.toArray(), errors: this.#rings.errors.toArray() };
    this.#heldAt = this.#arrived;
  }

  /** Lets the view follow again. */
  release(): void {
    this.#held = undefined;
  }

  /** What is to be seen. */
  rows(list: LogList): Rows {
    return rowsOf(this.#held?.[list], this.#rings[list]);
  }

  /** Entries a second, of the last five. */
  rate(now: number): number {
    while (this.#recent[0] !== undefined && this.#recent[0].at < now - RATE_OVER_MS) this.#recent.shift();
    return this.#recent.reduce((sum, { entries }) => sum + entries, 0) / (RATE_OVER_MS / 1_000);
  }
}
