// A clock that stands still until a test moves it, with timers that fire by it.

import type { After } from '../src/dispatch/alarm.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock of its own. */
export class FakeClock {
  #time = Date.UTC(2026, 0, 15, 12);
  readonly #timers = new Set<Timer>();
  #onTimer = () => {};

  readonly now = () => this.#time;

  readonly after: After = (ms, run) => {
    const timer = { at: this.#time + ms, run };
    this.#timers.add(timer);
    this.#onTimer();
    return () => this.#timers.delete(timer);
  };

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the earliest timer; waits until there is one. */
  async nextIn(): Promise<number> {
    while (this.#timers.size === 0) {
      await new Promise<void>((resolve) => {
        this.#onTimer = resolve;
      });
    }
    return Math.min(...[...this.#timers].map(({ at }) => at)) - this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#time && this.#timers.delete(timer)) timer.run();
    }
  }

  /** Waits until somebody sleeps and moves on to when the first of them is to wake; returns how far. */
  async skip(): Promise<number> {
    const ms = await this.nextIn();
    this.advance(ms);
    return ms;
  }
}
