// Finds the ids of the event's user: userID and custom ids.

import type { FieldPath, Trace } from '../base/trace.js';
import type { Invalid } from '../model/conversion.js';
import type { SegmentEvent } from '../model/segment-event.js';
import type { StatsigUser } from '../model/statsig-event.js';
import { type FieldReader, placeOf } from './field-path.js';
import { noteUse, type RowUse } from './row-use.js';
import { isSafeKey } from './scalars.js';
import { findLongId } from './size-limits.js';
import { placeOfPair, readPairs, type StatsigSource } from './statsig-properties.js';
import { toVisibleId } from './visible-id.js';

/** One compiled row of `identifierMappings`. */
export interface IdentifierMapping {
  readonly from: string;
  readonly to: string;
  readonly read: FieldReader;
  readonly use: RowUse;
}

/** Where an id stands in a Statsig event. */
function idPlace(name: string): FieldPath {
  return name === 'userID' ? ['user', 'userID'] : ['user', 'customIDs', name];
}

/** Sets an id that is not set yet; true when it did. Callers go from the strongest source to the weakest. */
function setId(user: StatsigUser, name: string, value: unknown): boolean {
  const id = toVisibleId(value);
  if (id === undefined || !isSafeKey(name)) return false;
  if (name === 'userID') {
    if (user.userID !== undefined) return false;
    user.userID = id;
    return true;
  }
  user.customIDs ??= {};
  if (Object.hasOwn(user.customIDs, name)) return false;
  user.customIDs[name] = id;
  return true;
}

/**
 * Fills `user.userID` and `user.customIDs`: `statsigCustomIDs` in the event beats the workspace's mappings, which beat `userId` (Statsig's
 * documentation, Segment integration, Mapping anonymous users). The first mapping of a `to` that finds a value is used.
 *
 * @returns why the event cannot be sent, where an id is too long
 */
export function resolveIdentifiers(
  user: StatsigUser,
  event: SegmentEvent,
  sources: readonly StatsigSource[],
  mappings: readonly IdentifierMapping[],
  trace?: Trace,
): Invalid | undefined {
  const field = (name: string): string => (name === 'userID' ? 'userID' : `customIDs.${name}`);
  for (const source of sources) {
    const { path, fields } = source;
    for (const pair of readPairs(fields.statsigCustomIDs)) {
      const { name, value, at } = pair;
      const long =
        findLongId(name, `message.${path}.statsigCustomIDs`) ??
        findLongId(value, `message.${path}.statsigCustomIDs${at}`);
      if (long !== undefined) return long;
      const set = setId(user, name, value);
      trace?.add(
        'identifiers',
        set ? `${field(name)} = ${value}` : `${field(name)} not set`,
        `${path}.statsigCustomIDs${at}`,
      );
      if (set)
        trace?.origin(idPlace(name), `${path}.statsigCustomIDs${at}`, [placeOfPair(source, 'statsigCustomIDs', pair)]);
    }
  }
  for (const { from, to, read, use } of mappings) {
    const value = read(event);
    // Also where an id of the event wins over it: the field is there.
    if (value !== undefined && value !== null) noteUse(use);
    const long = findLongId(value, `message.${from}`);
    if (long !== undefined) return long;
    const set = setId(user, to, value);
    trace?.add(
      'identifiers',
      set ? `${field(to)} = ${value}` : `${field(to)} not set`,
      `identifierMappings ${from} -> ${to}`,
    );
    if (set) trace?.origin(idPlace(to), `identifierMappings ${from} -> ${to}`, [placeOf(event, from)]);
  }
  if (setId(user, 'userID', event.userId)) {
    trace?.add('identifiers', `userID = ${user.userID}`, 'userId');
    trace?.origin(['user', 'userID'], 'userId', [['userId']]);
  }
  if (trace !== undefined && user.userID === undefined && user.customIDs === undefined) {
    trace.add(
      'identifiers',
      'no id',
      'Statsig keeps the event but counts it to no one; map anonymousId to a custom id',
    );
  }
  return undefined;
}
