// Tells who changed a gate, an experiment or a config, and what they did.

import type { FieldPath, Trace } from '../../base/trace.js';
import type { JsonObject } from '../../model/segment-event.js';
import { valueAt } from '../field-path.js';
import { toText } from '../scalars.js';
import { toVisibleId } from '../visible-id.js';
import type { EventParts } from './event-parts.js';
import { findAnonymous, placeOfId } from './identity.js';
import { type CallSubject, setField } from './track-call.js';

/** The fields in which Statsig names the person who made a change, the strongest first. */
const PERSON_PLACES: readonly FieldPath[] = [['user', 'userID'], ['userID'], ['user', 'email'], ['user', 'name']];

function findPerson({ event }: EventParts): { readonly id: string; readonly place: FieldPath } | undefined {
  for (const place of PERSON_PLACES) {
    const id = toVisibleId(valueAt(event, place));
    if (id !== undefined) return { id, place };
  }
  return undefined;
}

/**
 * Who made the change: the person, whom Statsig names by any of four fields; else, of a change that a key or a schedule made, the id that stands for the
 * system; else the anonymous id that an event about a user would have. `undefined` where there is none of them.
 *
 * @param systemId blank for none
 */
export function findChanger(parts: EventParts, systemId: string, trace?: Trace): CallSubject | undefined {
  const person = findPerson(parts);
  const userId = person?.id ?? toVisibleId(systemId);
  if (userId !== undefined) {
    const why = person === undefined ? 'configChangeUserId: no one is named' : 'user of the config change';
    trace?.add('identity', `userId = ${userId}`, why);
    trace?.origin(['userId'], why, person && [person.place]);
    return { userId };
  }
  const anonymous = findAnonymous(parts);
  if (anonymous === undefined) return undefined;
  trace?.add('identity', `anonymousId = ${anonymous.id}`, anonymous.why);
  trace?.origin(['anonymousId'], anonymous.why, [placeOfId(parts, anonymous.why)]);
  return { anonymousId: anonymous.id };
}

/** The properties of a config change (Statsig's documentation, Segment integration, config changes; the last four are ours). */
export function changeProperties({ user, metadata }: EventParts): JsonObject {
  const properties: Record<string, unknown> = {};
  setField(properties, 'author', toText(user?.name) ?? toText(user?.email));
  setField(properties, 'configName', metadata?.name);
  setField(properties, 'description', metadata?.description);
  setField(properties, 'environment', toText(metadata?.environment) ?? metadata?.environments);
  setField(properties, 'configType', metadata?.type);
  setField(properties, 'action', metadata?.action);
  setField(properties, 'projectName', metadata?.projectName);
  setField(properties, 'tags', metadata?.tags);
  return properties;
}
