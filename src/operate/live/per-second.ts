// Counts what happens in a second.

import type { EpochMs } from '../../base/time.js';

const SECOND_MS = 1_000;

/** Lets so many through in each second. */
export class PerSecond {
  readonly #most: number;
  #second = Number.NEGATIVE_INFINITY;
  #left = 0;

  constructor(most: number) {
    this.#most = most;
  }

  hasRoom(at: EpochMs): boolean {
    return at - this.#second >= SECOND_MS || this.#left > 0;
  }

  takes(at: EpochMs): boolean {
    return this.take(at, 1) === 1;
  }

  /** @returns how many of so many are let through */
  take(at: EpochMs, count: number): number {
    if (at - this.#second >= SECOND_MS) {
      this.#second = at;
      this.#left = this.#most;
    }
    const taken = Math.min(this.#left, count);
    this.#left -= taken;
    return taken;
  }
}
