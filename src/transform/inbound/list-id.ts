// Which texts are ids of Statsig's segments, and which id the list of an audience gets.

import { hash } from 'node:crypto';

/** Statsig's Console API. */
const LIST_ID = /^[A-Za-z0-9_-]{3,100}$/;

/** As much of a name as leaves room for what tells it from others. */
const MAX_STEM_LENGTH = 91;
const HASH_LENGTH = 8;

/** True for what can be the id of a segment: 3 to 100 letters, digits, `_` and `-` (Statsig's Console API). */
export function isListId(text: string): boolean {
  return LIST_ID.test(text);
}

/**
 * The list id of an audience by its name in Segment: the name itself where it can be one. Otherwise other characters become `_`, and 8 hex digits of the
 * name's SHA-256 are put behind, so that two names never share a list.
 */
export function toListId(name: string): string {
  if (isListId(name)) return name;
  const stem = name.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, MAX_STEM_LENGTH);
  return `${stem}_${hash('sha256', name, 'hex').slice(0, HASH_LENGTH)}`;
}
