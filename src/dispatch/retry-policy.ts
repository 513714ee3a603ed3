// Says how long to wait before the next try. Pure: the time and the chance come from outside.

import type { EpochMs } from '../base/time.js';

const BASE_MS = 1_000;
const MAX_BACKOFF_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 30_000;
const MAX_PAUSE_MS = 5 * 60_000;
/** Longer than this no answer is taken to ask for. */
export const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** What the wait depends on. */
export interface FailedTry {
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** The header of the answer, if there was one. */
  readonly retryAfter: string | undefined;
  readonly now: EpochMs;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** All date formats of HTTP start with the day's name; what does not could be a number, which `Date.parse` reads as a year. */
const STARTS_WITH_DAY = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** The oldest of the three formats does not say that it means UTC. */
function parseDate(text: string): number {
  return STARTS_WITH_DAY.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : Number.NaN;
}

/**
 * Milliseconds that a `Retry-After` asks for, at most one hour; `undefined` when it asks for none or cannot be read.
 * HTTP's definition (RFC 9110): whole seconds, or a date.
 */
export function readRetryAfter(header: string | undefined, now: EpochMs): number | undefined {
  const text = header?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDate(text) - now;
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

/**
 * Milliseconds until the next try. What the server asks for goes first; else a random part of 1 s, 2 s, 4 s… up to 5 minutes ("full jitter"), so that
 * anyone who failed together does not come back together.
 */
export function retryDelay({ attempts, retryAfter, now, random }: FailedTry): number {
  const asked = readRetryAfter(retryAfter, now);
  if (asked !== undefined) return asked;
  return Math.round(random() * Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** (attempts - 1)));
}

/**
 * Milliseconds that an open circuit stays so: 30 s, then 60 s, 120 s… up to 5 minutes.
 *
 * @param openings in a row, this one included
 * @param firstMs instead of the 30 s
 */
export function pauseAfter(openings: number, firstMs = FIRST_PAUSE_MS): number {
  return Math.min(MAX_PAUSE_MS, firstMs * 2 ** (openings - 1));
}
