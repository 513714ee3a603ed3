// Which of several changes of an ID list count, and which of them need a request. Pure functions.

import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import type { MembershipChange } from '../../model/conversion.js';
import { isJsonObject } from '../../model/segment-event.js';

/** What is known of one id on one list. */
export interface Membership {
  /** Of the newest change. */
  readonly time: EpochMs;
  readonly member: boolean;
  /** False as long as no one knows whether Statsig has that change. */
  readonly sure: boolean;
}

/** What changes come to. */
export interface ListWork {
  readonly adds: readonly MembershipChange[];
  readonly removes: readonly MembershipChange[];
  /** Newer than what is known, and equal: only to be remembered. */
  readonly notes: readonly MembershipChange[];
}

/** A change as the outbox holds it; `undefined` when the text is none. */
export function readChange(payload: string): MembershipChange | undefined {
  const change = parseJson(payload);
  if (!isJsonObject(change)) return undefined;
  const { listId, idType, id, member, time } = change;
  if (typeof listId !== 'string' || typeof idType !== 'string' || typeof id !== 'string') return undefined;
  if (typeof member !== 'boolean' || typeof time !== 'number') return undefined;
  return { listId, idType, id, member, time: Math.trunc(time) };
}

/** @param change came after the other; a time in the future is of a clock that was ahead, so then that is all that is known */
function isNewer(change: MembershipChange, other: MembershipChange, now: EpochMs): boolean {
  if (other.time > now) return true;
  return change.time === other.time ? other.member && !change.member : change.time > other.time;
}

/**
 * One change for each id: the newest, and of an enter and a leave with the same time the leave.
 *
 * @param changes in the order in which they came
 */
export function newestOfEach(changes: readonly MembershipChange[], now: EpochMs): readonly MembershipChange[] {
  const newest = new Map<string, MembershipChange>();
  for (const change of changes) {
    const other = newest.get(change.id);
    if (other === undefined || isNewer(change, other, now)) newest.set(change.id, change);
  }
  return [...newest.values()];
}

/** What to do about a change. What is not sure to have arrived is sent again. What is known of a time in the future was learned when the clock was ahead. */
function judge(change: MembershipChange, known: Membership | undefined, now: EpochMs): 'send' | 'note' | 'nothing' {
  if (known === undefined) return 'send';
  if (change.time < known.time && known.time <= now) return 'nothing';
  const isSameTime = change.time === known.time;
  if (isSameTime && change.member && !known.member) return 'nothing';
  if (!known.sure || change.member !== known.member) return 'send';
  return isSameTime ? 'nothing' : 'note';
}

/**
 * Sorts changes by what has to be done.
 *
 * @param changes one for each id
 * @param known what is known of the id of each, in the same order
 */
export function workOf(
  changes: readonly MembershipChange[],
  known: readonly (Membership | undefined)[],
  now: EpochMs,
): ListWork {
  const adds: MembershipChange[] = [];
  const removes: MembershipChange[] = [];
  const notes: MembershipChange[] = [];
  for (const [index, change] of changes.entries()) {
    const verdict = judge(change, known[index], now);
    if (verdict === 'note') notes.push(change);
    else if (verdict === 'send') (change.member ? adds : removes).push(change);
  }
  return { adds, removes, notes };
}
