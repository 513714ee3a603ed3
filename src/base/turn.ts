// Keeps long work from holding everybody else up.

import { setImmediate } from 'node:timers/promises';

/** Milliseconds that one request may work before others get their turn: longer than an ordinary batch takes, too short for anyone to notice. */
const TURN_MS = 20;

/** The time that one request may work at a stretch. Check `isOver` now and then, and wait for `next` when it is. */
export class Turn {
  #until = performance.now() + TURN_MS;

  get isOver(): boolean {
    return performance.now() > this.#until;
  }

  /** Lets what else is waiting go first. */
  async next(): Promise<void> {
    await setImmediate();
    this.#until = performance.now() + TURN_MS;
  }
}
