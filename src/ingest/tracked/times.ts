// Corrects the time of an event for a sender whose clock is wrong.

import type { EpochMs } from '../../base/time.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import { findTime } from '../../transform/time.js';

/** The last time a `Date` can hold, in milliseconds since the epoch. */
const LATEST_MS = 8.64e15;

function toMilliseconds(value: unknown): number | undefined {
  return findTime({ timestamp: value });
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
 *
 */
export function withTimes(event: SegmentEvent, receivedAt: EpochMs): SegmentEvent {
  const original = event.timestamp ?? event.originalTimestamp;
  const originalMs = toMilliseconds(original);
  const timestamp =
    originalMs === undefined ? receivedAt : happenedAt(originalMs, toMilliseconds(event.sentAt), receivedAt);
  return {
    ...event,
    ...(original !== undefined && { originalTimestamp: original }),
    timestamp: new Date(timestamp).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
  };
}
