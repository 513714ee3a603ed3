// Where lanes wait for something that they share, in the order in which they came: one timer for all of them, and no crowd when it is over.

import type { EpochMs } from '../base/time.js';
import { type After, MAX_TIMER_MS } from './alarm.js';

/** When those who wait may go on, and how many of them in one turn of the event loop. */
export interface Opening {
  /** Infinity while no one knows. */
  readonly at: EpochMs;
  readonly count: number;
  /** Milliseconds until the next of them may go on, should it be open still; 0 is the next turn of the event loop. */
  readonly thenMs: number;
}

/** A room. */
export interface WaitingRoom {
  /** Waits for its turn. @param ring called once, when it may go on @param isFirst before all others that are not @returns ends the wait */
  enter(ring: () => void, isFirst?: boolean): () => void;
  /** What they wait for may have changed. */
  look(): void;
  /** How many wait. */
  readonly size: number;
}

/** @param opening asked whenever it may have changed, with whether any of those who go first waits */
export function createWaitingRoom(
  now: () => EpochMs,
  after: After,
  opening: (hasFirst: boolean) => Opening,
): WaitingRoom {
  const first = new Set<() => void>();
  const others = new Set<() => void>();
  const size = () => first.size + others.size;
  let cancel = () => {};

  function lookIn(ms: number): void {
    cancel = after(Math.min(ms, MAX_TIMER_MS), look);
  }

  function lookSoon(): void {
    const soon = setImmediate(look);
    cancel = () => clearImmediate(soon);
  }

  function look(): void {
    cancel();
    cancel = () => {};
    if (size() === 0) return;
    const { at, count, thenMs } = opening(first.size > 0);
    if (at === Number.POSITIVE_INFINITY) return;
    const ms = at - now();
    if (ms > 0) {
      lookIn(ms);
      return;
    }
    let left = count;
    for (const waiting of [first, others]) {
      for (const ring of waiting) {
        if (left === 0) break;
        left -= 1;
        waiting.delete(ring);
        ring();
      }
    }
    if (size() === 0) return;
    if (thenMs > 0) lookIn(thenMs);
    else lookSoon();
  }

  return {
    enter(ring, isFirst = false) {
      const waiting = isFirst ? first : others;
      waiting.add(ring);
      if (size() === 1 || (isFirst && first.size === 1)) look();
      return () => {
        waiting.delete(ring);
        if (size() === 0) cancel();
      };
    },
    look,
    get size() {
      return size();
    },
  };
}
