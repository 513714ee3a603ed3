// How many calls of the Console API one key has left, so that Statsig's limit is never exceeded.

import type { EpochMs } from '../../base/time.js';
import { readRetryAfter } from '../../dispatch/retry-policy.js';

/** So many calls in any interval of this length. */
export interface CallLimit {
  readonly calls: number;
  /** Milliseconds. */
  readonly windowMs: number;
}

/** Statsig's documentation of the Console API, adding and removing ids: 12 requests in 10 seconds, 900 in 15 minutes. */
export const CONSOLE_LIMITS: readonly CallLimit[] = [
  { calls: 12, windowMs: 10_000 },
  { calls: 900, windowMs: 900_000 },
];

/** Wait after a 429 that does not say how long. */
const DEFAULT_BLOCK_MS = 10_000;

/** How many calls of one limit are left now. */
export interface CallsLeft extends CallLimit {
  readonly left: number;
}

/** The calls of one key. */
export interface RateBudget {
  /** When the next call may be made, as far as can be told; not after now when one may be made at once. */
  readyAt(): EpochMs;
  /** For people: what is left of each limit. */
  left(): readonly CallsLeft[];
  /** Takes one call; `undefined` when none is left. @returns to be called when the call is over, whatever came of it */
  take(): (() => void) | undefined;
  /** No one calls before this time. */
  blockUntil(at: EpochMs): void;
}

/** When calls may be made again after a 429. @param retryAfter its header */
export function endOfBlock(retryAfter: string | undefined, now: EpochMs): number {
  return now + (readRetryAfter(retryAfter, now) ?? DEFAULT_BLOCK_MS);
}

/**
 * A call occupies its place from when it begins until a window's length after it ended: wherever in between Statsig counts it, no interval
 * of that length there holds more calls than it may, however long requests take on their way.
 */
export function createRateBudget(now: () => EpochMs, limits: readonly CallLimit[] = CONSOLE_LIMITS): RateBudget {
  const longestMs = Math.max(...limits.map(({ windowMs }) => windowMs));
  /** When calls ended, the oldest first; as far back as they count. */
  let ended: number[] = [];
  let underWay = 0;
  let blockedUntil = 0;

  function sweep(at: number): void {
    // A clock that was set back would keep places occupied for as long as it was set back.
    if ((ended.at(-1) ?? 0) > at) ended = ended.map((end) => Math.min(end, at));
    const first = ended.findIndex((end) => end + longestMs >= at);
    ended.splice(0, first < 0 ? ended.length : first);
  }

  /** The limit counts both ends of an interval, hence the millisecond. */
  function freeAt({ calls, windowMs }: CallLimit, at: number): number {
    // With this many places taken and one more to take, which of the ended calls has to be forgotten first?
    const index = ended.length + underWay - calls;
    if (index < 0) return 0;
    return (ended[index] ?? at) + windowMs + 1;
  }

  function readyAt(at: number): number {
    sweep(at);
    return Math.max(blockedUntil, ...limits.map((limit) => freeAt(limit, at)));
  }

  return {
    readyAt: () => readyAt(now()),
    left() {
      const at = now();
      sweep(at);
      return limits.map(({ calls, windowMs }) => {
        const taken = underWay + ended.filter((end) => end + windowMs >= at).length;
        return { calls, windowMs, left: Math.max(0, calls - taken) };
      });
    },
    take() {
      if (readyAt(now()) > now()) return undefined;
      underWay += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        underWay -= 1;
        ended.push(now());
      };
    },
    blockUntil(at) {
      blockedUntil = Math.max(blockedUntil, at);
    },
  };
}
