// The clock of deliveries: never goes back.
//
// Pauses end at a time, and ages are counted from one. Were the system's clock set back by an hour, a pause would last an hour longer, and what waits would be
// younger than nothing. What is on disk from a run whose clock was ahead is dated anew when it is read (`outbox/level/redate.ts`).

import type { EpochMs } from './time.js';

/** A clock that follows the system's forwards, and passes as fast as ever while that one has been set back. */
export interface SteadyClock {
  /** Whole. For pauses and ages. */
  now(): EpochMs;
  /** The time as the system has them now. For the dates of events, which others read. */
  wall(): EpochMs;
}

/**
 * @param wall as the system has them
 * @param uptime milliseconds that no one sets
 */
export function createSteadyClock(
  wall: () => EpochMs = Date.now,
  uptime: () => number = () => performance.now(),
): SteadyClock {
  /** What the clock shows when `uptime` is 0. */
  let start = Number.NEGATIVE_INFINITY;

  return {
    wall,
    now() {
      const passed = uptime();
      start = Math.max(start, wall() - passed);
      return Math.floor(start + passed);
    },
  };
}
