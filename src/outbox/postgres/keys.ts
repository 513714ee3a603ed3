// What events are known by in the database: hashes, so that an id of any length or content takes the same room.

import { fnv1a } from '../../base/fnv.js';
import { hashOfName, hashOfValue, nameOfMessage, nameOfOnce } from '../dedupe-name.js';
import type { OutboxEvent } from '../outbox.js';

/** 128 bits; each character stands for a byte. */
export type Key = string;

/** What the message of an event is remembered by: ids of another workspace, origin, target or digest are other ids. `undefined` where it has no id. */
export function messageKey(event: OutboxEvent): Key | undefined {
  const { messageId } = event;
  return messageId === undefined ? undefined : hashOfName(nameOfMessage(event, messageId));
}

/** What a `once` key of a lane is remembered by. */
export function onceKeyOf(lane: Pick<OutboxEvent, 'workspaceId' | 'target'>, key: string): Key {
  return hashOfName(nameOfOnce(lane, key));
}

/** What a `once` key stands at. */
export function onceValue(value: string): Key {
  return hashOfValue(value);
}

/** So many different ones there are: what is found by one is looked at again, and the index never has more entries, however many people there have ever been. */
const PEOPLE = 1 << 20;

/** Stands for no one's data. */
export const NO_PERSON = 0;

/** Whose data an event is, 1 to `PEOPLE`; `NO_PERSON` for no one's. Not said, it is a number of its own in each workspace. */
export function personNumber(workspaceId: string, person: string | null | undefined): number {
  if (person === null) return NO_PERSON;
  return (fnv1a(person === undefined ? `${workspaceId}\0` : `${workspaceId}\0\0${person}`) % PEOPLE) + 1;
}

/** Events that may be of these people have one of these numbers: theirs, and that of events of which no one has said whose they are. */
export function peopleNumbers(workspaceId: string, ids: Iterable<string>): readonly number[] {
  const numbers = new Set([personNumber(workspaceId, undefined)]);
  for (const id of ids) numbers.add(personNumber(workspaceId, id));
  return [...numbers];
}
