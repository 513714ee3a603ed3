// Unpacks a call of the Tracking API: its events, and what it says about all of them.

import { PluginError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';

/** What a batch may say once for all of its events. */
const SHARED_FIELDS = ['context', 'integrations', 'userId', 'anonymousId', 'sentAt'] as const;

/** The types of which a route takes one event each. */
export const SINGLE_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;

/** A call, unpacked. */
export interface Call {
  /** What the body names as write key, unchecked. */
  readonly writeKey: unknown;
  /** As the sender wrote them. */
  readonly events: readonly unknown[];
  /** What goes for all of them; an event's own word wins. */
  readonly shared: JsonObject;
  /** They are of the past. */
  readonly isImport?: true;
}

/** An event of a batch at the route of a type is of that type where it does not say its own. */
function withType(event: unknown, type: string): unknown {
  return isJsonObject(event) && event.type === undefined ? { ...event, type } : event;
}

/**
 * A call of one event. A batch of them, which belongs to /v1/batch, is taken as what it is: as an event it would have no name, and be lost.
 *
 * @param type the event type that the route stands for
 * @throws PluginError BODY_NOT_TRACKING_CALL
 */
export function unpackSingle(body: unknown, type: string): Call {
  if (!isJsonObject(body))
    throw new PluginError('BODY_NOT_TRACKING_CALL', Array.isArray(body) ? 'a list' : 'not an object');
  if (Array.isArray(body.batch)) {
    const call = unpackBatch(body);
    return { ...call, events: call.events.map((event) => withType(event, type)) };
  }
  return { writeKey: body.writeKey, events: [{ ...body, type }], shared: {} };
}

/**
 * A call of many events.
 *
 * @throws PluginError BODY_NOT_TRACKING_CALL
 */
export function unpackBatch(body: unknown): Call {
  if (!isJsonObject(body) || !Array.isArray(body.batch))
    throw new PluginError('BODY_NOT_TRACKING_CALL', Array.isArray(body) ? 'a list' : 'no `batch` array');
  const shared = SHARED_FIELDS.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]]));
  return { writeKey: body.writeKey, events: body.batch, shared: Object.fromEntries(shared) };
}

/** A call of many events of the past. @throws PluginError BODY_NOT_TRACKING_CALL */
export function unpackImport(body: unknown): Call {
  return { ...unpackBatch(body), isImport: true };
}
