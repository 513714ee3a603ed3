// Gives an event of a batch what goes for all of them.

import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';

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
