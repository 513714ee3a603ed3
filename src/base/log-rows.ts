// Tells the first of a row of like events from the others, so that a log says it once: however many strangers cause, and in whatever order.

import { growingCache } from './growing-cache.js';
import type { EpochMs } from './time.js';

/** A row that goes on is told again after this time, with how many there were. */
const ROW_MS = 600_000;

/** Rows remembered. */
const MAX_ROWS = 10_000;

/** Lines in one minute, of all rows together. */
const MAX_LINES = 60;
const MINUTE_MS = 60_000;

interface Row {
  /** When it was logged last. */
  readonly at: EpochMs;
  /** Since then. */
  readonly others: number;
}

/** Rows by name. Unlike `Ongoing`, a success in between does not end a row: good and bad senders take turns. */
export class LogRows {
  readonly #rows = growingCache<Row>(MAX_ROWS);
  readonly #now: () => EpochMs;
  readonly #rowMs: number;
  #minute = Number.NEGATIVE_INFINITY;
  #lines = 0;

  /** @param rowMs milliseconds after which a row that goes on is told again */
  constructor(now: () => EpochMs, rowMs = ROW_MS) {
    this.#now = now;
    this.#rowMs = rowMs;
  }

  /**
   * Notes one of a row.
   *
   * @param name from settings and code, never from a request
   * @returns what the line says of those that had none, where this one is to be logged
   */
  begins(name: string): { readonly others?: number } | undefined {
    const at = this.#now();
    const { at: loggedAt = Number.NEGATIVE_INFINITY, others = 0 } = this.#rows.get(name) ?? {};
    if (at - loggedAt < this.#rowMs || !this.#hasRoom(at)) {
      this.#rows.set(name, { at: loggedAt, others: others + 1 });
      return undefined;
    }
    this.#lines += 1;
    this.#rows.set(name, { at, others: 0 });
    return others === 0 ? {} : { others };
  }

  #hasRoom(at: EpochMs): boolean {
    if (at - this.#minute >= MINUTE_MS) {
      this.#minute = at;
      this.#lines = 0;
    }
    return this.#lines < MAX_LINES;
  }
}
