// Corrects the time of an event for a sender whose clock is wrong.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import { findTime, isBelievable, readTime, timeOf, writeTime } from '../../transform/time.js';

let lastReceived = { ms: Number.NaN, iso: '' };

/** Events of one call were received at one time. */
function receivedIso(ms: EpochMs): string {
  if (ms !== lastReceived.ms) lastReceived = { ms, iso: new Date(ms).toISOString() };
  return lastReceived.iso;
}

/** When it happened by our clock, where `sentAt` tells how wrong the sender's is. What that comes to may be no better: `sentAt` of the year 1 is of no clock. */
function correct(original: EpochMs, sentAt: unknown, receivedAt: EpochMs, trace?: Trace): EpochMs | undefined {
  const sent = readTime(sentAt);
  if (sent === undefined) return undefined;
  const corrected = receivedAt - (sent - original);
  if (!isBelievable(corrected, receivedAt)) {
    trace?.add('time', 'not corrected by sentAt', `${corrected} cannot be when it happened`);
    return undefined;
  }
  trace?.add('time', `corrected to ${corrected}`, 'receivedAt - (sentAt - timestamp)');
  return corrected;
}

/** As the sender wrote it, where it is the same moment. */
function written(ms: EpochMs, original: EpochMs | undefined, value: unknown): string {
  return ms === original && typeof value === 'string' ? value : writeTime(ms);
}

/**
 * The event with its times as Segment computes them: what the sender calls `timestamp` is the `originalTimestamp`, and
 * `timestamp = receivedAt - (sentAt - originalTimestamp)` (Segment Spec, common fields). It is not corrected without a usable `sentAt`, nor where the
 * correction cannot be true; without a usable time of its own the event gets no `timestamp`.
 */
export function withTimes(event: SegmentEvent, receivedAt: EpochMs, trace?: Trace): SegmentEvent {
  const ofTimestamp = readTime(event.timestamp);
  const original = ofTimestamp ?? readTime(event.originalTimestamp);
  const time =
    original === undefined
      ? undefined
      : (correct(original, event.sentAt, receivedAt, trace) ??
        timeOf(event, 'timestamp', receivedAt, trace) ??
        timeOf(event, 'originalTimestamp', receivedAt, trace));
  // A copy made by spreading takes five times as long to get a new field.
  const timed: Record<string, unknown> = Object.assign({}, event);
  const own = event.timestamp ?? event.originalTimestamp;
  if (own !== undefined) timed.originalTimestamp = own;
  const value = ofTimestamp === undefined ? event.originalTimestamp : event.timestamp;
  timed.timestamp = time === undefined ? undefined : written(time, original, value);
  timed.receivedAt = receivedIso(receivedAt);
  return timed;
}

/**
 * The same of an event that is imported, when the clocks of now say nothing of it: it keeps its time. Without a usable one of its own it has that at which it
 * was received back then; without that, none.
 */
export function withImportedTimes(event: SegmentEvent, receivedAt: EpochMs, trace?: Trace): SegmentEvent {
  const { ms: time } = findTime(event, receivedAt, trace);
  // As a rule it says it itself, and a copy with a time that is written anew takes half as long as converting it.
  if (time !== undefined && readTime(event.timestamp) === time) return event;
  return Object.assign({}, event, { timestamp: time === undefined ? undefined : new Date(time).toISOString() });
}
