// Names what an event is remembered by: its message, or its `once` key. Every outbox makes its keys of these names, so that what one remembers another can be told.

import { createHash, hash } from 'node:crypto';
import { STATSIG_TARGET } from './lane-id.js';
import type { OutboxEvent } from './outbox.js';

/** The group of what `once` keys are remembered by. No origin is called so. */
const ONCE_GROUP = 'once';

/** Longer ids are named by their hash. */
const LONG_ID = 128;

/** What something is remembered by. */
export interface DedupeName {
  /** Whose share of what is remembered it takes. */
  readonly group: string;
  /** What it stands for, within its group. */
  readonly rest: string;
}

/** The name of an event's message. @param messageId of the event */
export function nameOfMessage(
  { workspaceId, origin, target, digest }: Pick<OutboxEvent, 'workspaceId' | 'origin' | 'target' | 'digest'>,
  messageId: string,
): DedupeName {
  return nameOf(workspaceId, origin, target, digest === undefined ? messageId : `${digest} ${messageId}`);
}

/** The name of a `once` key. */
export function nameOfOnce(
  { workspaceId, target }: Pick<OutboxEvent, 'workspaceId' | 'target'>,
  key: string,
): DedupeName {
  return nameOf(workspaceId, ONCE_GROUP, target, key);
}

/** An id as names hold it. */
export function shorten(id: string): string {
  const text = JSON.stringify(id);
  return id.length > LONG_ID ? createHash('sha256').update(text).digest('base64url') : text;
}

let lastGroup = { workspaceId: '', origin: '', name: ':' };

/** Most events come one after another from the same sender. */
function groupOf(workspaceId: string, origin: string): string {
  if (lastGroup.workspaceId !== workspaceId || lastGroup.origin !== origin)
    lastGroup = { workspaceId, origin, name: `${encodeURIComponent(workspaceId)}:${origin}` };
  return lastGroup.name;
}

/** Ids of another origin or target are other ids. */
function nameOf(workspaceId: string, origin: string, target: string, id: string): DedupeName {
  // Most go to Statsig, and what an entry takes is written four times.
  return {
    group: groupOf(workspaceId, origin),
    rest: `${target === STATSIG_TARGET ? '' : target}:${shorten(id)}`,
  };
}

/** Bytes of a hash: no two of all that are ever remembered share one. */
export const HASH_BYTES = 16;

/** What an outbox that keeps no names keeps of one; each character stands for a byte. */
export function hashOfName({ group, rest }: DedupeName): string {
  return hash('sha256', `${group}:${rest}`, 'binary').slice(0, HASH_BYTES);
}

/** The same of what a `once` key stands at. Hashing takes all halves of characters for one and the same: JSON text has none. */
export function hashOfValue(value: string): string {
  return hash('sha256', JSON.stringify(value), 'binary').slice(0, HASH_BYTES);
}

/** A hash for people and files. */
export function toHex(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('hex');
}
