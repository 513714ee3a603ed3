// Which entries a reader wants.

import type { KeptEntry } from './kept-entry.js';
import type { LiveEntry, LiveFilter } from './shapes.js';
import { readOutcomes } from './words.js';

/** True for an entry that the reader wants. */
export type Matches = (kept: KeptEntry) => boolean;

/** Fields in which a search looks. */
const SEARCHED = [
  'event',
  'user',
  'messageId',
  'note',
  'path',
  'reason',
  'code',
  'target',
  'type',
  'workspace',
] as const;

function mentions(entry: LiveEntry, wanted: string): boolean {
  return SEARCHED.some((field) => entry[field]?.toLowerCase().includes(wanted));
}

/** @returns `undefined` where all are wanted */
export function toMatches(filter: LiveFilter): Matches | undefined {
  const { direction, protocol, workspace, event, outcome, search } = filter;
  const outcomes = outcome === undefined ? undefined : new Set(readOutcomes(outcome));
  const wanted = search?.toLowerCase();
  const tests: ((entry: LiveEntry) => boolean)[] = [];
  if (direction !== undefined) tests.push((entry) => entry.direction === direction);
  if (protocol !== undefined) tests.push((entry) => entry.protocol === protocol);
  if (workspace !== undefined) tests.push((entry) => entry.workspace === workspace);
  if (event !== undefined) tests.push((entry) => entry.event === event);
  if (outcomes !== undefined) tests.push((entry) => outcomes.has(entry.outcome));
  if (wanted !== undefined && wanted !== '') tests.push((entry) => mentions(entry, wanted));
  return tests.length === 0 ? undefined : ({ entry }) => tests.every((test) => test(entry));
}
