// Unpacks what archives wrap events in.

import { toJsonText } from '../base/json.js';
import { mergeShared } from '../ingest/tracked/shared-fields.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { isWrapped } from '../sources/segment/unpack.js';
import { unwrapEvents } from '../sources/statsig/unpack.js';
import { unpackBatch } from '../sources/tracking-api/unpack.js';

/** An event of an archive. */
export interface UnwrappedEvent {
  readonly value: unknown;
  /** As it stands in the file, where it stands there by itself; else written anew. `undefined` where it is nested too deep for that. */
  readonly text: string | undefined;
}

/** The field in which rudder-server's dumps have the event, newest first: of its archiver, and of its tables as they were dumped before (rudder-server, archiver, jobsdb). */
const DUMPED = ['payload', 'EventPayload', 'event_payload'] as const;

/** Of a batch in rudder-server's gateway: what it says of each of its events. */
const OF_GATEWAY: Readonly<Record<string, string>> = { receivedAt: 'receivedAt', requestIP: 'request_ip' };

function ownValues(batch: JsonObject): readonly unknown[] {
  const { events, shared } = unpackBatch(batch);
  const { sentAt: _, ...ofAll } = shared as Record<string, unknown>;
  for (const [from, to] of Object.entries(OF_GATEWAY)) if (batch[from] !== undefined) ofAll[to] = batch[from];
  return events.map((event) => (isJsonObject(event) ? mergeShared(event, ofAll) : event));
}

/** What a value wraps; `undefined` where it is an event itself. */
function unwrapOnce(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isJsonObject(value) || typeof value.type === 'string' || typeof value.eventName === 'string') return undefined;
  if (Array.isArray(value.batch)) return ownValues(value);
  for (const field of DUMPED) if (isJsonObject(value[field])) return [value[field]];
  if (isWrapped(value)) return [value.json];
  // The plugin's own dead letters, and rudder-server's elements.
  if (typeof value.code === 'string' && typeof value.file === 'string' && isJsonObject(value.event))
    return [value.event];
  if (isJsonObject(value.message) && (isJsonObject(value.destination) || isJsonObject(value.metadata)))
    return [value.message];
  return Object.hasOwn(value, 'data') ? unwrapEvents(value) : undefined;
}

/** Lists of batches of dumps are as deep as it gets. */
const MAX_LEVELS = 4;

function unwrapAll(value: unknown, levels: number): readonly unknown[] {
  const inner = levels === 0 ? undefined : unwrapOnce(value);
  return inner === undefined ? [value] : inner.flatMap((each) => unwrapAll(each, levels - 1));
}

/**
 * The events of one value of a file, in order: a list of them, `{batch}`, `{data}`, a line of rudder-server's dumps, one of the dead letters of a replay, an event.
 *
 * @param text of the value
 */
export function unwrapValue(value: unknown, text: string): readonly UnwrappedEvent[] {
  if (unwrapOnce(value) === undefined) return [{ value, text }];
  return unwrapAll(value, MAX_LEVELS).map((each) => ({
    value: each,
    text: isJsonObject(each) ? toJsonText(each) : '',
  }));
}
