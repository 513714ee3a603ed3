// Remembers which event was the first of its exposure, where there is no outbox to remember it.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** About 105 MB when full, 44 MB from the first exposure on: beyond it the oldest are forgotten before their window ends. */
const MAX_EXPOSURES = 1_000_000;

/** The windows of this process, which end with it. */
export interface ExposureWindow {
  /**
   * True for the event that opens the window of its exposure, and for that very event again: nobody knows whether an earlier answer arrived.
   *
   * @param key equal for exposures that count as the same
   * @param windowMs milliseconds from the first event to the end
   */
  admits(key: string, eventId: string, windowMs: number): boolean;
}

/** 16 bytes in as many characters, of a key of any length. */
function shorten(key: string): string {
  return createHash('sha256').update(key).digest().toString('latin1', 0, 16);
}

/** A number costs no memory of its own. Two ids that share it, one pair in four billion, let a repeated exposure pass. */
function numberOf(eventId: string): number {
  return createHash('sha256').update(eventId).digest().readInt32BE();
}

/**
 * @param now milliseconds since the epoch
 * @param max exposures remembered
 */
export function createExposureWindow(now: () => number, max = MAX_EXPOSURES): ExposureWindow {
  let firsts: LRUCache<string, number> | undefined;

  // Takes its memory at once, so not before there is an exposure.
  const opened = () => {
    firsts ??= new LRUCache({ max, ttl: 1, ttlResolution: 0, perf: { now } });
    return firsts;
  };

  return {
    admits(key, eventId, windowMs) {
      const shortKey = shorten(key);
      const number = numberOf(eventId);
      const first = opened().get(shortKey);
      if (first !== undefined) return first === number;
      opened().set(shortKey, number, { ttl: windowMs });
      return true;
    },
  };
}
