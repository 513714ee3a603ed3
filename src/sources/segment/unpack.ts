// Unpacks the body forms of Segment's webhooks into events.

import { isJsonObject } from '../../model/segment-event.js';
import { assertBatchLength } from '../request-limits.js';

/** The largest batch Segment's webhook destinations can be set to (Segment's action-destinations). */
const MAX_EVENTS = 4000;

/** The events of a body, as the sender wrote them. */
export interface UnpackedBody {
  readonly events: readonly unknown[];
  /** True when the body is one event and no list. */
  readonly single: boolean;
}

/** True for an item of Extensible Webhook's batches, which hold each event in a field of its own (Segment's action-destinations). */
export function isWrapped(item: unknown): item is { readonly json: unknown } {
  return isJsonObject(item) && Object.hasOwn(item, 'json') && Object.keys(item).length === 1;
}

/**
 * @param body parsed
 * @throws PluginError BATCH_TOO_LONG
 */
export function unpackBody(body: unknown): UnpackedBody {
  if (!Array.isArray(body)) return { events: [body], single: true };
  assertBatchLength(body.length, MAX_EVENTS);
  const items: readonly unknown[] = body;
  return { events: items.every(isWrapped) ? items.map(({ json }) => json) : items, single: false };
}
