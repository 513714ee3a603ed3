// The clock of deliveries: never goes back.
//
// What waits is kept in the order of its times, and pauses end at a time. Were the system's clock set back by an hour, what waits would wait for another hour,
// and what comes meanwhile would overtake it.

/** A clock that follows the system's forwards, and passes as fast as ever while that one has been set back. */
export interface SteadyClock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /**
   * It is not earlier than this: something on disk says so. A time of more than a day from now is not believed, because what is believed can't be taken back.
   *
   * @param time milliseconds since the epoch
   */
  notBefore(time: number): void;
}

const MOST_AHEAD_MS = 24 * 60 * 60_000;

/**
 * @param wall milliseconds since the epoch, as the system has them
 * @param uptime milliseconds that nobody sets
 */
export function createSteadyClock(
  wall: () => number = Date.now,
  uptime: () => number = () => performance.now(),
): SteadyClock {
  /** What the clock shows when `uptime` is 0. */
  let start = Number.NEGATIVE_INFINITY;

  function now(): number {
    const passed = uptime();
    start = Math.max(start, wall() - passed);
    return Math.floor(start + passed);
  }

  return {
    now,
    notBefore(time) {
      const ahead = time - now();
      if (ahead > 0 && ahead <= MOST_AHEAD_MS) start += ahead;
    },
  };
}
