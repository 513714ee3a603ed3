// Builds the track call of an exposure or a custom event.

import type { JsonObject } from '../../model/segment-event.js';
import type { TrackCall } from '../../model/track-call.js';
import { isFiniteNumber, toNonBlankText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import { type CallIds, findUnit } from './identity.js';

/** Whom a call is about. */
export interface CallSubject extends Partial<Pick<CallIds, 'userId' | 'anonymousId'>> {
  readonly email?: string | undefined;
}

type Draft = { -readonly [field in keyof TrackCall]: TrackCall[field] };

/** How Statsig's own Segment integration signs its calls; the inbound loop guard looks for it (Statsig's documentation, Segment integration). */
const LIBRARY = Object.freeze({ name: 'statsig', version: '1.0' });
/** How a partner's source names itself (Segment's documentation, partner sources); it stays where an SDK on the way puts its own name into `library`. */
const INTEGRATION = Object.freeze({ name: 'statsig', version: '1.0.0' });
const INTEGRATIONS = Object.freeze({ Statsig: false });

/** The context of a call that is about no one's user: a config change. */
export const BARE_CONTEXT: JsonObject = Object.freeze({ library: LIBRARY, integration: INTEGRATION });

/** Sets a field unless the event does not have it: JSON's null is nothing to have, nor is infinity, which would be written as null. */
export function setField(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined && value !== null && (typeof value !== 'number' || isFiniteNumber(value)))
    fields[name] = value;
}

/** The user's email, which Segment's page about the Statsig source names beside `userId`; a config change is about no user and has none. */
export function findEmail({ user }: EventParts): string | undefined {
  return toNonBlankText(user?.email)?.trim();
}

/**
 * The context of an exposure or a custom event. The event's own objects are referred to, not copied.
 *
 * @param email also goes where destinations look for it in a track call (Segment Spec, `context.traits`)
 */
export function buildContext(parts: EventParts, groupId: string | undefined, email: string | undefined): JsonObject {
  const { event, user } = parts;
  const context: Record<string, unknown> = { library: LIBRARY, integration: INTEGRATION };
  if (email !== undefined) context.traits = { email };
  setField(context, 'user', user);
  setField(context, 'value', event.value);
  setField(context, 'metadata', event.metadata);
  setField(context, 'stableID', findUnit(parts, 'stableID'));
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
  ids: CallSubject,
  timestamp: string,
  context: JsonObject,
  properties: JsonObject,
): TrackCall {
  const call: Draft = { type: 'track', event, timestamp, context, properties, integrations: INTEGRATIONS };
  if (ids.userId !== undefined) call.userId = ids.userId;
  if (ids.anonymousId !== undefined) call.anonymousId = ids.anonymousId;
  if (ids.email !== undefined) call.email = ids.email;
  return call;
}
