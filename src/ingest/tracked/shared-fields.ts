// Gives an event of a batch what goes for all of them.

import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';

function mergeObjects(shared: unknown, own: unknown): unknown {
  if (!isJsonObject(shared)) return own;
  return isJsonObject(own) ? { ...shared, ...own } : shared;
}

/** Names of destinations are alike in any letter case: the event's own word on one counts, however the batch writes it. */
function mergeIntegrations(shared: unknown, own: unknown): unknown {
  if (!isJsonObject(shared) || !isJsonObject(own)) return mergeObjects(shared, own);
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const others = Object.entries(shared).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...own };
}

/** How the batch's word and the event's own become one, where both have fields. */
const MERGES: Readonly<Record<string, typeof mergeObjects>> = {
  context: mergeObjects,
  integrations: mergeIntegrations,
};

/** The event with what goes for all of its batch (Segment's HTTP API, batch), and without its write key, which is no one's business from here on. */
export function mergeShared(event: SegmentEvent, shared: JsonObject): SegmentEvent {
  const isComplete = !Object.hasOwn(event, 'writeKey') && Object.keys(shared).length === 0;
  if (isComplete) return event;
  const { writeKey: _, ...ownFields } = event;
  const merged: Record<string, unknown> = ownFields;
  for (const [field, value] of Object.entries(shared)) {
    const merge = MERGES[field];
    merged[field] = merge === undefined ? (event[field] ?? value) : merge(value, event[field]);
  }
  return merged;
}
