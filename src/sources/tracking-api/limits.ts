// The limits of the Tracking API: what one call may hold.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import type { BodyLimit } from '../../http/body-limit.js';
import type { JsonObject } from '../../model/segment-event.js';
import { assertBatchLength } from '../request-limits.js';

/** The environment variable with the bytes of a call, before and after decompression. The `RequestReader` of the routes has to be made with it. */
export const CALL_BYTES_SETTING = 'TRACKING_MAX_BODY_BYTES';

/** The environment variable with the bytes of JSON of one event. */
export const EVENT_BYTES_SETTING = 'TRACKING_MAX_EVENT_BYTES';

/** Bytes of a call that Segment's own SDKs keep to (Segment's HTTP API: 500 KB). It is parsed at once. */
export const ORDINARY_CALL_BYTES = 500 * 1024;

/** Events of a call that SDKs send at once (RudderStack's and Segment's Python and Java SDKs: 100, Go's 250 to 500). With more it is a large one, as with more bytes. */
export const ORDINARY_EVENTS = 500;

/** Whether a call of so many events is a large one. */
export function isLargeCount(events: number): boolean {
  return events > ORDINARY_EVENTS;
}

/**
 * The limit of a call whose header shows no known write key. RudderStack's SDKs, which alone send more, show theirs there; a key in the body is known only once the
 * body has been parsed.
 */
export const UNKNOWN_SENDER: BodyLimit = {
  bytes: ORDINARY_CALL_BYTES,
  raisedBy: `with a known write key as the user of Basic authentication ${CALL_BYTES_SETTING} is the limit`,
};

/**
 * Values that one event of a larger call may hold, as `measureJson` counts them: parsing and converting more keeps others waiting for longer than a request
 * may. The densest event of 32 KB has half as many.
 */
export const MAX_EVENT_VALUES = 50_000;

/** Events of a call (Segment's HTTP API). */
export const MAX_EVENTS = 2_500;

/** Bytes that all copies of what a batch adds to its events may take: many small events could multiply one large context. */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;

/** @throws PluginError BATCH_TOO_LONG */
export function assertEventCount(count: number): void {
  assertBatchLength(count, MAX_EVENTS);
}

/** Whether what a batch adds to its events, so many bytes of JSON, takes too much with so many of them. */
export function isTooMuchShared(bytes: number, events: number): boolean {
  return bytes * events > MAX_SHARED_BYTES;
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
  if (isTooMuchShared(bytes, events))
    throw new PluginError(
      'BODY_TOO_LARGE',
      `limit ${MAX_SHARED_BYTES} bytes, with what the batch adds to each event; a smaller context of the batch keeps to it`,
    );
  return bytes;
}
