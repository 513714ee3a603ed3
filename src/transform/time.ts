// Finds when the event happened.

import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import type { SegmentEvent } from '../model/segment-event.js';

const FIELDS = ['timestamp', 'originalTimestamp', 'receivedAt'] as const;

/** Smaller numbers are seconds or no time at all: as milliseconds this one is in March 1973. */
const EARLIEST_MS = 100_000_000_000;

const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const HAS_NO_OFFSET = /T[\d:.]+$/;

/** The time of such a number or of an ISO 8601 string, which without an offset is UTC; `undefined` for what is no time. */
export function toMilliseconds(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return value >= EARLIEST_MS && value <= 8.64e15 ? Math.round(value) : undefined;
  if (typeof value !== 'string' || !ISO_8601.test(value)) return undefined;
  // JavaScript reads a time without an offset in the machine's own zone; the answer must not depend on the machine.
  const ms = Date.parse(HAS_NO_OFFSET.test(value) ? `${value}Z` : value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The time from the first usable of `timestamp`, `originalTimestamp`, `receivedAt` (Segment Spec, common fields). */
export function findTime(event: SegmentEvent, trace?: Trace): EpochMs | undefined {
  for (const field of FIELDS) {
    const value = event[field];
    if (value === undefined || value === null) continue;
    const ms = toMilliseconds(value);
    if (ms !== undefined) {
      trace?.add('time', `time = ${ms}`, field);
      return ms;
    }
    trace?.add('time', `${field} ignored`, 'neither an ISO 8601 string nor milliseconds since the epoch');
  }
  trace?.add('time', 'no time', 'Statsig uses the time it receives the event');
  return undefined;
}
