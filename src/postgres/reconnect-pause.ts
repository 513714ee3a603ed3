// After a connection that could not be made no other is tried for a while: a server that is slow or full is not helped by more of them.

import type { Logger } from '../base/logger.js';
import type { DatabaseError } from './database-error.js';

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** The pause between attempts to connect: twice as long after each failure, up to two seconds, and by chance up to a half shorter, so that replicas do not come all at once. */
export class ReconnectPause {
  readonly #now: () => number;
  readonly #log: Logger | undefined;
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;
  #error: DatabaseError | undefined;

  /** @param now milliseconds of a clock that no one sets @param log told of the first failure of a kind, and of the end */
  constructor(now: () => number, log?: Logger) {
    this.#now = now;
    this.#log = log;
  }

  /** Why the last attempt failed; `undefined` once one succeeded. */
  get error(): DatabaseError | undefined {
    return this.#error;
  }

  /** Nothing is to be tried now. */
  get isOn(): boolean {
    return this.#now() < this.#until;
  }

  /** Milliseconds until the next attempt. */
  get restMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** @param isServed others were made before, and go on */
  failed(error: DatabaseError, isServed = false): void {
    const what = isServed ? 'No further connection to the database can be made' : 'The database cannot be used';
    if (this.#error?.code !== error.code) this.#log?.error({ code: error.code, problem: error.message }, what);
    this.#error = error;
    // Attempts that were under way together count as one.
    if (this.isOn) return;
    const pauseMs = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#until = this.#now() + pauseMs * (1 - Math.random() / 2);
  }

  worked(): void {
    if (this.#error !== undefined) this.#log?.info({}, 'The database takes connections again');
    this.#error = undefined;
    this.#failures = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
