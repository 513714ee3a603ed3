// Finds whom an exposure or a custom event is about: the ids of the call.

import type { FieldPath, Trace } from '../../base/trace.js';
import type { CallId, UnitMapping } from '../compiled-outbound.js';
import { valueAt } from '../field-path.js';
import { toVisibleId } from '../visible-id.js';
import type { EventParts } from './event-parts.js';

/** The ids of one call. */
export type CallIds = { [id in CallId]: string | undefined };

/**
 * The value of a Statsig unit; its home depends on its name (Statsig's documentation, Event Webhook and StatsigUser). That of `stableID` is the SDK's metadata, from which
 * Statsig's own integration takes it (Segment integration, outbound event schema).
 */
export function findUnit({ event, user, customIDs, statsigMetadata }: EventParts, name: string): string | undefined {
  if (name === 'userID') return toVisibleId(event.userID) ?? toVisibleId(user?.userID);
  const own = toVisibleId(customIDs?.[name]) ?? toVisibleId(user?.[name]);
  return name === 'stableID' ? (toVisibleId(statsigMetadata?.stableID) ?? own) : (own ?? toVisibleId(event[name]));
}

/** Where `findUnit` finds the value of a unit. */
export function placeOfUnit(parts: EventParts, name: string): FieldPath {
  const value = findUnit(parts, name);
  const homes: readonly FieldPath[] =
    name === 'userID'
      ? [['userID'], ['user', 'userID']]
      : [...(name === 'stableID' ? [['statsigMetadata', name]] : []), ['user', 'customIDs', name], ['user', name]];
  return homes.find((home) => toVisibleId(valueAt(parts.event, home)) === value) ?? [name];
}

/** Where an id stands in a call. */
function placeOfCallId(id: CallId): FieldPath {
  return id === 'groupId' ? ['context', id] : [id];
}

function apply(mappings: readonly UnitMapping[], parts: EventParts, ids: CallIds, trace?: Trace): void {
  for (const { from, to } of mappings) {
    if (ids[to] !== undefined) continue;
    const value = findUnit(parts, from);
    if (value === undefined) continue;
    ids[to] = value;
    trace?.add('identity', `${to} = ${value}`, `identifierMappings ${from} -> ${to}`);
    trace?.origin(placeOfCallId(to), `identifierMappings ${from} -> ${to}`, [placeOfUnit(parts, from)]);
  }
}

/** Who the event is about without a name. Segment counts an anonymous user it knows already only once, so its own id goes before Statsig's. */
export function findAnonymous(parts: EventParts): { readonly id: string; readonly why: string } | undefined {
  const ofSegment = toVisibleId(parts.customIDs?.segmentAnonymousId);
  if (ofSegment !== undefined) return { id: ofSegment, why: 'user.customIDs.segmentAnonymousId' };
  const stable = findUnit(parts, 'stableID');
  return stable === undefined ? undefined : { id: stable, why: 'stableID' };
}

/** The field that `why` names: a path, or a unit. */
export function placeOfId(parts: EventParts, why: string): FieldPath {
  return why.includes('.') ? why.split('.') : placeOfUnit(parts, why);
}

/** The workspace's mappings, then what Statsig and Segment mean by the ids themselves. Ids that the event does not have are `undefined`. */
export function resolveIds(parts: EventParts, mappings: readonly UnitMapping[], trace?: Trace): CallIds {
  const ids: CallIds = { userId: undefined, anonymousId: undefined, groupId: undefined };
  apply(mappings, parts, ids, trace);
  const fallBack = (to: CallId, value: string | undefined, why: string): void => {
    if (value === undefined || ids[to] !== undefined) return;
    ids[to] = value;
    trace?.add('identity', `${to} = ${value}`, why);
    trace?.origin([to], why, [placeOfId(parts, why)]);
  };
  fallBack('userId', findUnit(parts, 'userID'), 'userID');
  const anonymous = findAnonymous(parts);
  fallBack('anonymousId', anonymous?.id, anonymous?.why ?? '');
  return ids;
}
