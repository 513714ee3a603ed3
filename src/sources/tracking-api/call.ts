// Unpacks a call of the Tracking API: its events, and what it says about all of them.

import { PluginError } from '../../base/errors.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';

/** What a batch may say once for all of its events. */
const SHARED_FIELDS = ['context', 'integrations', 'userId', 'anonymousId', 'sentAt'] as const;

/** A call, unpacked. */
export interface Call {
  /** What the body names as write key, unchecked. */
  readonly writeKey: unknown;
  /** As the sender wrote them. */
  readonly events: readonly unknown[];
  /** What goes for all of them; an event's own word wins. */
  readonly shared: JsonObject;
}

/**
 * A call of one event.
 *
 * @param type the event type that the route stands for
 * @throws PluginError BODY_NOT_TRACKING_CALL
 */
export function unpackSingle(body: unknown, type: string): Call {
  if (!isJsonObject(body)) throw new PluginError('BODY_NOT_TRACKING_CALL', 'not an object');
  return { writeKey: body.writeKey, events: [{ ...body, type }], shared: {} };
}

/**
 * A call of many events.
 *
 * @throws PluginError BODY_NOT_TRACKING_CALL
 */
export function unpackBatch(body: unknown): Call {
  if (!isJsonObject(body) || !Array.isArray(body.batch))
    throw new PluginError('BODY_NOT_TRACKING_CALL', 'no `batch` array');
  const shared = SHARED_FIELDS.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]]));
  return { writeKey: body.writeKey, events: body.batch, shared: Object.fromEntries(shared) };
}

function mergeObjects(shared: unknown, own: unknown): unknown {
  if (!isJsonObject(shared)) return own;
  return isJsonObject(own) ? { ...shared, ...own } : shared;
}

/** The event with what goes for all of its batch (Segment's HTTP API, batch), and without its write key, which is no one's business from here on. */
export function mergeShared(event: SegmentEvent, shared: JsonObject): SegmentEvent {
  const isComplete = !Object.hasOwn(event, 'writeKey') && Object.keys(shared).length === 0;
  if (isComplete) return event;
  const { writeKey: _, ...ownFields } = event;
  const merged: Record<string, unknown> = ownFields;
  for (const [field, value] of Object.entries(shared)) {
    const isObjectField = field === 'context' || field === 'integrations';
    merged[field] = isObjectField ? mergeObjects(value, event[field]) : (event[field] ?? value);
  }
  return merged;
}
