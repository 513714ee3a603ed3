// What the memory of the live log holds of one entry.

import { toPrintable } from '../../base/printable.js';
import type { LiveEntry } from './shapes.js';

/** An entry before it has its place in the log. */
export type NewEntry = Omit<LiveEntry, 'id' | 'at' | 'hasEvent'>;

/** What is kept beside an entry, for its details. */
export interface EntryExtra {
  /** JSON text of the event as received, masked; dropped before the entry is. */
  event?: string | undefined;
  /** Why there is no event, or not all of it. */
  readonly eventNote?: string;
  /** Of the settings document that it was decided by. */
  readonly revision?: number;
  /** What the outbox calls the events of a delivery. */
  readonly messageIds?: readonly string[];
  /** Of a refused request, for people. */
  readonly refusal?: Readonly<Record<string, unknown>>;
}

/** An entry in memory. */
export interface KeptEntry {
  /** Of all entries: tells which of two came first. */
  readonly number: number;
  /** Of those that came with the same fortune, kept or not: a step of more than one tells how many are missing between two. */
  readonly ordinal: number;
  readonly entry: LiveEntry;
  readonly extra: EntryExtra;
  /** Estimated, without the event's. */
  readonly bytes: number;
  /** JSON text of the entry, once somebody has asked for it. */
  text?: string;
}

/** What an object with some fields and its place in the log take, beside the characters of its strings. */
const BARE_BYTES = 400;

function charactersOf(values: Iterable<unknown>): number {
  let sum = 0;
  for (const value of values) if (typeof value === 'string') sum += value.length;
  return sum;
}

/** Bytes that an entry takes at most: each character may take two, in the entry and once more in its text. */
export function bytesOf(entry: NewEntry, { messageIds = [], refusal }: EntryExtra): number {
  const ids = messageIds.length * 16 + charactersOf(messageIds);
  const told = refusal === undefined ? 0 : 2 * JSON.stringify(refusal).length;
  return BARE_BYTES + 4 * charactersOf(Object.values(entry)) + ids + told;
}

/** What is printable as it is. */
const PLAIN = /^[\x20-\x7e]*$/;

/** JSON text of an entry: harmless to print, and made once. */
export function textOf(kept: KeptEntry): string {
  if (kept.text === undefined) {
    const text = JSON.stringify(kept.entry);
    kept.text = PLAIN.test(text) ? text : toPrintable(text);
  }
  return kept.text;
}
