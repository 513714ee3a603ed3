// How memberships are written in the store: keys of hashes, values of a few characters.

import { hash } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { Membership } from './list-changes.js';

/** A list of a workspace. */
export interface ListName {
  readonly workspaceId: string;
  /** Id of the Statsig segment. */
  readonly listId: string;
}

/** What is known of a list. */
export interface ListRecord extends ListName {
  readonly idType: string;
  /** Of records that were written before the list was made anew, nothing is sure. */
  readonly generation: number;
  /** When Statsig made the list, where it said so; another time is another list. */
  readonly born?: EpochMs;
}

/** Characters of a hash: 96 bits for ids, of which there are millions, 48 for lists and workspaces, of which there are thousands. */
const ID_HASH = 16;
const LIST_HASH = 8;
const SHARE_HASH = 8;

const TIME_DIGITS = 11;

/** Sorts after every character of a hash. */
const END = '~';

/** Records of lists, all of them. */
export const LISTS = { gte: 'l', lt: 'm' } as const;

/** What is known of ids, all of it. */
export const MEMBERSHIPS = { gte: 'r', lt: 's' } as const;

/** Keys that sort the memberships of each workspace by the time of their change, the oldest first. */
export const TIMES = { gte: 'w', lt: 'x' } as const;

/** How many memberships each workspace has. */
export const COUNTS = { gte: 'n', lt: 'o' } as const;

/** In stores of format 1: keys that sort the memberships of all workspaces together, and how many there are. */
export const OLD_TIMES = { gte: 't', lt: 'u' } as const;
export const OLD_COUNT = 'count';

const hashOf = (parts: readonly string[], length: number) =>
  hash('sha256', JSON.stringify(parts), 'base64url').slice(0, length);

export function listKey({ workspaceId, listId }: ListName): string {
  return `l${JSON.stringify([workspaceId, listId])}`;
}

/** What ends the keys of all memberships of a list. */
export function listTag({ workspaceId, listId }: ListName): string {
  return hashOf([workspaceId, listId], LIST_HASH);
}

/** Stands for an id of a workspace. */
export function hashOfId(workspaceId: string, id: string): string {
  return hashOf([workspaceId, id], ID_HASH);
}

export function membershipKey({ workspaceId }: ListName, id: string, tag: string): string {
  return `r${hashOfId(workspaceId, id)}${tag}`;
}

/** Keys of what is known of one id of a workspace, on all lists. */
export function membershipsOf(workspaceId: string, id: string): { readonly gte: string; readonly lt: string } {
  const gte = `r${hashOfId(workspaceId, id)}`;
  return { gte, lt: `${gte}${END}` };
}

export function tagOfKey(key: string): string {
  return key.slice(-LIST_HASH);
}

/** The name of what a workspace has. */
export function shareOfWorkspace(workspaceId: string): string {
  return hashOf([workspaceId], SHARE_HASH);
}

export function countKey(share: string): string {
  return `n${share}`;
}

/** The share that a key of `COUNTS` stands for. */
export function shareOfCount(key: string): string {
  return key.slice(1);
}

/** Keys of `TIMES` of one share. */
export function timesOf(share: string): { readonly gte: string; readonly lt: string } {
  return { gte: `w${share}`, lt: `w${share}${END}` };
}

/** @param key of a membership */
export function timeKey(share: string, key: string, time: number): string {
  return `w${share}${Math.max(0, time).toString(36).padStart(TIME_DIGITS, '0')}${key}`;
}

/** The same from a key of `OLD_TIMES`. */
export function timeKeyOfOld(share: string, old: string): string {
  return `w${share}${old.slice(1)}`;
}

/** The share of a key of `TIMES`. */
export function shareOfTime(key: string): string {
  return key.slice(1, 1 + SHARE_HASH);
}

/** The membership that a key of `TIMES` or `OLD_TIMES` stands for: it ends with that one's. */
export function keyOfTime(key: string): string {
  return key.slice(-(1 + ID_HASH + LIST_HASH));
}

export function writeList({ workspaceId, listId, idType, generation, born }: ListRecord): string {
  return JSON.stringify({ workspaceId, listId, idType, generation, born });
}

/** `undefined` when it cannot be read; then nothing that is known of its members is sure. */
export function readList(value: string): ListRecord | undefined {
  const list = parseJson(value);
  if (!isJsonObject(list)) return undefined;
  const { workspaceId, listId, idType, generation, born } = list;
  if (typeof workspaceId !== 'string' || typeof listId !== 'string' || typeof idType !== 'string') return undefined;
  if (typeof generation !== 'number') return undefined;
  return { workspaceId, listId, idType, generation, ...(typeof born === 'number' && { born }) };
}

export function writeMembership({ time, member, sure }: Membership, generation: number): string {
  return `${generation.toString(36)}.${time.toString(36)}.${member ? 'in' : 'out'}${sure ? '' : '?'}`;
}

/** What is known, and of which generation of the list; `undefined` when there is nothing, or nothing readable. */
export function readMembership(value: string | undefined): (Membership & { readonly generation: number }) | undefined {
  const [, generation = '', time = '', member, doubt] =
    /^([0-9a-z]+)\.(-?[0-9a-z]+)\.(in|out)(\?)?$/.exec(value ?? '') ?? [];
  if (member === undefined) return undefined;
  return {
    generation: Number.parseInt(generation, 36),
    time: Number.parseInt(time, 36),
    member: member === 'in',
    sure: doubt === undefined,
  };
}
