// Windows of `once` keys are given back: what their events said is not sent after all, or is sent late.

import type { Queries, Statement } from '../../postgres/connection.js';
import type { LaneParts } from '../lane-id.js';
import { int4Array, int8Array, uuidArray } from './binary-arrays.js';
import { onceKeyOf } from './keys.js';

/** An event that has a `once` key, and where it lies. */
export interface OnceEvent extends LaneParts {
  readonly onceKey: string;
  /** Of its row. */
  readonly seq: number | string;
  readonly position: number;
}

/** The function locks what it takes away, in one order. */
const GIVE_BACK: Statement = { name: 'give_back_once', text: 'select give_back_once($1, $2, $3)' };

/** Lets the next event of each of these keys pass, where the window is still that of the event. */
export async function giveBackOnce(queries: Queries, events: readonly OnceEvent[]): Promise<void> {
  if (events.length === 0) return;
  await queries.query(GIVE_BACK, [
    keysOf(events),
    int8Array(events.map(({ seq }) => Number(seq))),
    int4Array(events.map(({ position }) => position)),
  ]);
}

/** The same, whosever window it is. */
export async function forgetOnce(
  queries: Queries,
  events: readonly Omit<OnceEvent, 'seq' | 'position'>[],
): Promise<void> {
  if (events.length > 0) await queries.query(GIVE_BACK, [keysOf(events), null, null]);
}

const keysOf = (events: readonly Omit<OnceEvent, 'seq' | 'position'>[]) =>
  uuidArray(events.map((event) => onceKeyOf(event, event.onceKey)));
