// Unpacks the body forms of Statsig's event webhook into events.

import { PluginError } from '../../base/errors.js';
import { isJsonObject } from '../../model/segment-event.js';
import { assertBatchLength } from '../request-limits.js';

/** Statsig's documentation names no size; of real events this many take some 20 MB, more than webhooks are sent with. */
const MAX_EVENTS = 20_000;

function isEvent(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, 'eventName');
}

/** What a body holds, events or not: a list, `{"data": [...]}`, `{"data": event}` or one event. */
export function unwrapEvents(body: unknown): readonly unknown[] {
  const inner = isJsonObject(body) && !isEvent(body) && Object.hasOwn(body, 'data') ? body.data : body;
  return Array.isArray(inner) ? inner : [inner];
}

/**
 * The events of a body, as the sender wrote them: a list, `{"data": [...]}`, `{"data": event}` or one event. Statsig's documentation shows the list
 * alone for exposures and the one in `data` for config changes.
 *
 * @param body parsed
 * @throws PluginError BATCH_TOO_LONG; BODY_NOT_STATSIG_EVENTS when there is something, but nothing of it names an event
 */
export function unpackBody(body: unknown): readonly unknown[] {
  const events = unwrapEvents(body);
  assertBatchLength(events.length, MAX_EVENTS);
  if (events.length > 0 && !events.some(isEvent)) throw new PluginError('BODY_NOT_STATSIG_EVENTS');
  return events;
}
