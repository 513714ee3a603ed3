// Corrects the time of an event for a sender whose clock is wrong.

import type { EpochMs } from '../../base/time.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import { findTime } from '../../transform/time.js';

/** The last time a `Date` can hold, in milliseconds since the epoch. */
const LATEST_MS = 8.64e15;

function toMilliseconds(value: unknown): number | undefined {
  return findTime({ timestamp: value });
}

let lastReceived = { ms: Number.NaN, iso: '' };

/** Events of one call were received at one time. */
function receivedIso(ms: EpochMs): string {
  if (ms !== lastReceived.ms) lastReceived = { ms, iso: new Date(ms).toISOString() };
  return lastReceived.iso;
}

function happenedAt(original: number, sentAt: number | undefined, receivedAt: EpochMs): number {
  if (sentAt === undefined) return original;
  const corrected = receivedAt - (sentAt - original);
  return Math.abs(corrected) <= LATEST_MS ? corrected : original;
}

/**
 * The event with its times as Segment computes them: what the sender calls `timestamp` is the `originalTimestamp`, and
 * `timestamp = receivedAt - (sentAt - originalTimestamp)` (Segment Spec, common fields). Without a usable `sentAt` nothing is corrected; without a
 * usable time of its own the event happened when it was received.
 */
export function withTimes(event: SegmentEvent, receivedAt: EpochMs): SegmentEvent {
  const original = event.timestamp ?? event.originalTimestamp;
  const originalMs = toMilliseconds(original);
  const timestamp =
    originalMs === undefined ? receivedAt : happenedAt(originalMs, toMilliseconds(event.sentAt), receivedAt);
  // A copy made by spreading takes five times as long to get a new field.
  const timed: Record<string, unknown> = Object.assign({}, event);
  if (original !== undefined) timed.originalTimestamp = original;
  timed.timestamp =
    timestamp === originalMs && typeof original === 'string' ? original : new Date(timestamp).toISOString();
  timed.receivedAt = receivedIso(receivedAt);
  return timed;
}
