// Tells who changed a gate, an experiment or a config, and what they did.

import type { Trace } from '../../base/trace.js';
import type { JsonObject } from '../../model/segment-event.js';
import { toText } from '../scalars.js';
import { toVisibleId } from '../visible-id.js';
import type { EventParts } from './event-parts.js';
import { findAnonymous } from './identity.js';
import { type CallSubject, setField } from './track-call.js';

function byPerson({ event, user }: EventParts): string | undefined {
  return toVisibleId(user?.userID) ?? toVisibleId(event.userID) ?? toVisibleId(user?.email) ?? toVisibleId(user?.name);
}

/**
 * Who made the change: the person, whom Statsig names by any of four fields; else, of a change that a key or a schedule made, the id that stands for the
 * system; else the anonymous id that an event about a user would have. `undefined` where there is none of them.
 *
 * @param systemId blank for none
 */
export function findChanger(parts: EventParts, systemId: string, trace?: Trace): CallSubject | undefined {
  const person = byPerson(parts);
  const userId = person ?? toVisibleId(systemId);
  if (userId !== undefined) {
    const why = person === undefined ? 'configChangeUserId: no one is named' : 'user of the config change';
    trace?.add('identity', `userId = ${userId}`, why);
    return { userId };
  }
  const anonymous = findAnonymous(parts);
  if (anonymous === undefined) return undefined;
  trace?.add('identity', `anonymousId = ${anonymous.id}`, anonymous.why);
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
