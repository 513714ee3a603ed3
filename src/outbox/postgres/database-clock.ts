// The clock of the database, which all replicas read: what one dates is compared with what another dates.

import type { EpochMs } from '../../base/time.js';

/** Follows the database's clock between two statements that say what it shows. It may be a little behind, so that nothing is taken for older than it is. */
export class DatabaseClock {
  /** Milliseconds that its clock is ahead of the process's count. */
  #ahead: number | undefined;

  /** @param at what it showed a moment ago */
  heard(at: Date): void {
    this.#ahead = at.getTime() - performance.now();
  }

  /** Before the database was ever heard, the time of the process. */
  now(): EpochMs {
    return this.#ahead === undefined ? Date.now() : Math.floor(performance.now() + this.#ahead);
  }
}
