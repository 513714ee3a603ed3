// Decides when a worker that ended is started anew: at once, and ever later while they end soon after their start.

/** A worker that ran so long, in milliseconds, had no trouble with its start. */
const WELL_MS = 10_000;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Of one worker. */
export class Restarts {
  #inARow = 0;

  /** @param livedMs how long it ran @returns milliseconds to wait before the next start */
  pauseAfter(livedMs: number): number {
    this.#inARow = livedMs >= WELL_MS ? 0 : this.#inARow + 1;
    // The first time it may have been killed.
    if (this.#inARow <= 1) return 0;
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#inARow - 2));
  }
}
