// How many calls of the Console API one key has left, so that Statsig's limit is never exceeded.

import { LRUCache } from 'lru-cache';
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

/** The same of everything that changes a project: some 100 requests in 10 seconds, some 900 in 15 minutes. */
export const MUTATION_LIMITS: readonly CallLimit[] = [
  { calls: 100, windowMs: 10_000 },
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
  /** When the next call may be made, as far as was last known; not after now when one may be made at once. */
  readyAt(): EpochMs;
  /** For people: what is left of each limit, as far as was last known. */
  left(): readonly CallsLeft[];
  /** Why it cannot be told how many are left, for people; `undefined` while it can. */
  problem(): string | undefined;
  /**
   * Takes one call, which has to begin at once. Never rejects.
   *
   * @returns to be called when the call is over, whatever came of it; `undefined` when none is left, or no one knows whether one is
   */
  take(): Promise<(() => void) | undefined>;
  /** No one calls before this time. */
  blockUntil(at: EpochMs): void;
}

/** The budget of a key. @param id stands for the key and its URL: equal for equal ones, and holds nothing secret */
export type BudgetOf = (id: string) => RateBudget;

/** When calls may be made again after a 429. @param retryAfter its header */
export function endOfBlock(retryAfter: string | undefined, now: EpochMs): number {
  return now + (readRetryAfter(retryAfter, now) ?? DEFAULT_BLOCK_MS);
}

/** How far back calls count. */
export function longestWindow(limits: readonly CallLimit[]): number {
  return Math.max(...limits.map(({ windowMs }) => windowMs));
}

/**
 * When the next call may be made.
 *
 * A call occupies its place from when it begins until a window's length after it ended: wherever in between Statsig counts it, no interval of that length there holds more calls than it may,
 * however long requests take on their way. The limit counts both ends of an interval, hence the millisecond.
 *
 * @param ends when the calls end at the latest, in order; `Infinity` where no one knows
 */
export function freeAt(limits: readonly CallLimit[], ends: readonly EpochMs[]): EpochMs {
  // With this many places taken and one more to take, which of the calls has to be forgotten first?
  return Math.max(...limits.map(({ calls, windowMs }) => (ends.at(-calls) ?? Number.NEGATIVE_INFINITY) + windowMs + 1));
}

/** What is left of each limit. @param ends as for `freeAt` */
export function leftOf(limits: readonly CallLimit[], ends: readonly EpochMs[], at: EpochMs): readonly CallsLeft[] {
  return limits.map(({ calls, windowMs }) => {
    const taken = ends.filter((end) => end + windowMs >= at).length;
    return { calls, windowMs, left: Math.max(0, calls - taken) };
  });
}

/** The budget of a key that one process alone uses. */
export function createRateBudget(now: () => EpochMs, limits: readonly CallLimit[] = CONSOLE_LIMITS): RateBudget {
  const longestMs = longestWindow(limits);
  const soonestMs = Math.min(...limits.map(({ windowMs }) => windowMs));
  /** When calls ended, the oldest first; as far back as they count. */
  let ended: number[] = [];
  let underWay = 0;
  let blockedUntil = 0;

  function ends(at: number): readonly EpochMs[] {
    // A clock that was set back would keep places occupied for as long as it was set back.
    if ((ended.at(-1) ?? 0) > at) ended = ended.map((end) => Math.min(end, at));
    const first = ended.findIndex((end) => end + longestMs >= at);
    ended.splice(0, first < 0 ? ended.length : first);
    return underWay === 0 ? ended : [...ended, ...new Array<number>(underWay).fill(Number.POSITIVE_INFINITY)];
  }

  function readyAt(at: number): number {
    const free = freeAt(limits, ends(at));
    // All places are of calls under way: none is free sooner than this.
    return Math.max(blockedUntil, Number.isFinite(free) || free < 0 ? free : at + soonestMs + 1);
  }

  return {
    readyAt: () => readyAt(now()),
    left: () => leftOf(limits, ends(now()), now()),
    problem: () => undefined,
    async take() {
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

/** Budgets that are kept. One that is forgotten while its key is in use would begin anew. */
const MAX_BUDGETS = 1_000;

/** Budgets of keys that one process alone uses: all that ask for the same key share its limit. */
export function budgetsOfProcess(now: () => EpochMs): BudgetOf {
  return keptBudgets(() => createRateBudget(now));
}

/** Makes the budget of each key once. */
export function keptBudgets(create: BudgetOf): BudgetOf {
  const budgets = new LRUCache<string, RateBudget>({ max: MAX_BUDGETS });
  return (id) => {
    const known = budgets.get(id);
    if (known !== undefined) return known;
    const made = create(id);
    budgets.set(id, made);
    return made;
  };
}
