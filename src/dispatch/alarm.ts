// A sleep that ends at a given time or when somebody rings, whichever is first.

import type { EpochMs } from '../base/time.js';

/** Runs something later; returns how to call it off. */
export type After = (ms: number, run: () => void) => () => void;

/** Longer waits are cut: a timer of Node's cannot hold more than 2^31 - 1 ms and would fire at once. */
export const MAX_TIMER_MS = 24 * 60 * 60_000;

/** Node's timer. */
export const afterTimeout: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** One sleeper's alarm. A ring that comes before the sleep ends it at once, so that none is missed. */
export interface Alarm {
  /** True when somebody rang since `reset`. */
  readonly rung: boolean;
  reset(): void;
  ring(): void;
  /** @param at Infinity waits for a ring only. May end early after a day. */
  until(at: EpochMs): Promise<void>;
}

export function createAlarm(now: () => EpochMs, after: After): Alarm {
  let rung = false;
  let wake = () => {};
  return {
    get rung() {
      return rung;
    },
    reset() {
      rung = false;
    },
    ring() {
      rung = true;
      wake();
    },
    until(at) {
      if (rung) return Promise.resolve();
      return new Promise((resolve) => {
        let cancel = () => {};
        wake = () => {
          wake = () => {};
          cancel();
          resolve();
        };
        if (at === Number.POSITIVE_INFINITY) return;
        cancel = after(Math.max(0, Math.min(at - now(), MAX_TIMER_MS)), () => wake());
      });
    },
  };
}
