// The limits of the Tracking API: what one call may hold.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import type { JsonObject } from '../../model/segment-event.js';
import { assertBatchLength } from '../request-limits.js';

/** Bytes of a call's body, decompressed (Segment's HTTP API: 500 KB). The `RequestReader` of the routes has to be made with it. */
export const MAX_CALL_BYTES = 500 * 1024;

/** Segment's HTTP API. */
const MAX_EVENTS = 2_500;

/** Bytes that all copies of what a batch adds to its events may take: many small events could multiply one large context. */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;

/** @throws PluginError BATCH_TOO_LONG */
export function assertEventCount(count: number): void {
  assertBatchLength(count, MAX_EVENTS);
}

/**
 * Measures what a batch adds to each of its events.
 *
 * @returns bytes of JSON
 * @throws PluginError BODY_TOO_DEEP, BODY_TOO_LARGE
 */
export function measureShared(shared: JsonObject, events: number): number {
  if (Object.keys(shared).length === 0) return 0;
  const text = toJsonText(shared);
  if (text === undefined) throw new PluginError('BODY_TOO_DEEP');
  const bytes = Buffer.byteLength(text);
  if (bytes * events > MAX_SHARED_BYTES)
    throw new PluginError('BODY_TOO_LARGE', `limit ${MAX_SHARED_BYTES} bytes, with what the batch adds to each event`);
  return bytes;
}
