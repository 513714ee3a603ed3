// Builds the track call of an exposure or a custom event.

import type { JsonObject } from '../../model/segment-event.js';
import type { TrackCall } from '../../model/track-call.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import type { CallIds } from './identity.js';

type Draft = { -readonly [field in keyof TrackCall]: TrackCall[field] };

/** How Statsig's own Segment integration signs its calls; the inbound loop guard looks for it (Statsig's documentation, Segment integration). */
const LIBRARY = Object.freeze({ name: 'statsig', version: '1.0' });
const INTEGRATIONS = Object.freeze({ Statsig: false });

/** The context of a call that is about no one's user: a config change. */
export const BARE_CONTEXT: JsonObject = Object.freeze({ library: LIBRARY });

/** Sets a field unless the event does not have it: JSON's null is nothing to have. */
export function setField(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined && value !== null) fields[name] = value;
}

/** The context of an exposure or a custom event. The event's own objects are referred to, not copied. */
export function buildContext(parts: EventParts, groupId: string | undefined): JsonObject {
  const { event, user, customIDs, statsigMetadata } = parts;
  const context: Record<string, unknown> = { library: LIBRARY };
  setField(context, 'user', user);
  setField(context, 'value', event.value);
  setField(context, 'metadata', event.metadata);
  setField(context, 'stableID', toText(statsigMetadata?.stableID) ?? toText(customIDs?.stableID));
  setField(context, 'groupId', groupId);
  return context;
}

/** The properties of an exposure or a custom event in Statsig's own schema (Statsig's documentation, Segment integration). */
export function buildProperties({ event }: EventParts): JsonObject {
  const properties: Record<string, unknown> = {};
  setField(properties, 'value', event.value);
  setField(properties, 'metadata', event.metadata);
  return properties;
}

/**
 * One call.
 *
 * @param event its name
 * @param timestamp ISO 8601
 */
export function buildCall(
  event: string,
  ids: Pick<CallIds, 'userId' | 'anonymousId'>,
  timestamp: string,
  context: JsonObject,
  properties: JsonObject,
): TrackCall {
  const call: Draft = { type: 'track', event, timestamp, context, properties, integrations: INTEGRATIONS };
  if (ids.userId !== undefined) call.userId = ids.userId;
  if (ids.anonymousId !== undefined) call.anonymousId = ids.anonymousId;
  return call;
}
