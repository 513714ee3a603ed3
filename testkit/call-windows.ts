// Counts calls in sliding windows, as Statsig's limits do.

/** So many calls in any interval of this length. */
export interface WindowLimit {
  readonly calls: number;
  /** Milliseconds. */
  readonly windowMs: number;
}

/** Statsig's documentation of the Console API, adding and removing ids. */
export const STATSIG_LIMITS: readonly WindowLimit[] = [
  { calls: 12, windowMs: 10_000 },
  { calls: 900, windowMs: 15 * 60_000 },
];

/** The same of everything that changes a project (Statsig's documentation, Console API, rate limiting). */
export const MUTATION_LIMITS: readonly WindowLimit[] = [
  { calls: 100, windowMs: 10_000 },
  { calls: 900, windowMs: 15 * 60_000 },
];

/** The most calls in any interval of a length, both its ends included. @param times of the calls in milliseconds, ascending */
export function highestUse(times: readonly number[], windowMs: number): number {
  let first = 0;
  let highest = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) < time - windowMs) first += 1;
    highest = Math.max(highest, index - first + 1);
  }
  return highest;
}

/** Milliseconds until one more call is allowed; 0 when it is now. @param times of the calls so far, ascending */
export function waitFor(times: readonly number[], now: number, limits: readonly WindowLimit[]): number {
  const waits = limits.map(({ calls, windowMs }) => {
    const last = times[times.length - calls];
    return last === undefined ? 0 : last + windowMs + 1 - now;
  });
  return Math.max(0, ...waits);
}
