// Keeps a replay to a rate.

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until so many more events may go. */
export type Pace = (events: number, signal: AbortSignal) => Promise<void>;

/** @param perSecond events; `undefined` for as many as there are */
export function createPace(perSecond: number | undefined): Pace {
  if (perSecond === undefined) return async () => {};
  /** When the next event may go. */
  let next = performance.now();
  return async (events, signal) => {
    const now = performance.now();
    const wait = next - now;
    next = Math.max(next, now) + (events * 1000) / perSecond;
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
  };
}
