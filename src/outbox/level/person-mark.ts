// Says of a record whose data it is, in few bytes: kept with the record, so that a start need not read what it is about.

import { fnv1a } from '../../base/fnv.js';

/** A hash of an id, which two people may share: what is found is looked at again. 0 for no one's data; `undefined` where no one has said. */
export type PersonMark = number | undefined;

/** Stands for no one. */
export const NO_ONE = 0;

/** @param person as of `OutboxEvent` */
export function personMark(person: string | null | undefined): PersonMark {
  if (person === undefined) return undefined;
  return person === null ? NO_ONE : fnv1a(person) || 1;
}
