// What events are known by in the database: hashes, so that an id of any length or content takes the same room.

import { hash } from 'node:crypto';
import { fnv1a } from '../../base/fnv.js';
import type { OutboxEvent } from '../outbox.js';
import { KEY_LENGTH } from './binary-arrays.js';

/** 128 bits; each character stands for a byte. */
export type Key = string;

/** Hashing makes UTF-8 of a text, in which all halves of characters are one and the same. */
const HALF_CHARACTER = /\p{Surrogate}/u;

function keyOf(begin: string, text: string): Key {
  const whole = HALF_CHARACTER.test(text) ? `\0${JSON.stringify(text)}` : text;
  return hash('sha256', begin + whole, 'binary').slice(0, KEY_LENGTH);
}

let last = { workspaceId: '', origin: '', target: '', begin: 'm\0\0\0' };

/** Most events come one after another from the same sender. No part holds a NUL. */
function beginOf({ workspaceId, origin, target }: OutboxEvent): string {
  if (last.target !== target || last.origin !== origin || last.workspaceId !== workspaceId)
    last = { workspaceId, origin, target, begin: `m\0${workspaceId}\0${origin}\0${target}` };
  return last.begin;
}

/** What the message of an event is remembered by: ids of another workspace, origin, target or digest are other ids. `undefined` where it has no id. */
export function messageKey(event: OutboxEvent): Key | undefined {
  const { messageId, digest } = event;
  if (messageId === undefined) return undefined;
  return keyOf(digest === undefined ? `${beginOf(event)}\0` : `${beginOf(event)}\0\0${digest}\0`, messageId);
}

/** What a `once` key of a lane is remembered by. */
export function onceKeyOf({ workspaceId, target }: Pick<OutboxEvent, 'workspaceId' | 'target'>, key: string): Key {
  return keyOf(`o\0${workspaceId}\0${target}\0`, key);
}

/** What a `once` key stands at. */
export function onceValue(value: string): Key {
  return keyOf('v\0', value);
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
