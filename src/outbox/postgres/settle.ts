// Claimed deliveries are settled: they are gone, are as they were, or are dead letters.
//
// Each statement changes the row of the lane where owner and epoch are still those of the claim, and what else it changes depends on that: a replica that has lost the
// lane writes nothing, however late it wakes. Nothing is written twice: what is gone is gone, and what is done is added to what was. A statement that was given up and made
// again may arrive when others have been made since, once the network is whole again: it must not take back what they wrote.

import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import type { Settlement } from '../outbox.js';
import { addDeadLetters } from './dead-letter-rows.js';
import { parseDeliveryKey } from './delivery-keys.js';
import type { ClaimedRow, HeldLane } from './lanes.js';

/** `$1` lane, `$2` owner, `$3` epoch, `$4` claimed to, `$5` whether there is a note, `$6` note */
const OWN = `update lane set claimed_to = $4::bigint, note = case when $5::boolean then $6::jsonb else note end
    where id = $1 and owner = $2 and epoch = $3 returning id`;

/** `$7` rows that are gone */
const SETTLE: Statement = {
  name: 'settle',
  text: `with own as (${OWN}), gone as (
    delete from event_row where lane = $1 and seq = any($7::bigint[]) and exists (select from own)
  ) select (select count(*) from own)::int as own`,
};

/** `$7` rows that are gone, `$8` rows that stay, `$9` what is done of each, `$10` tries of each */
const SETTLE_PARTS: Statement = {
  name: 'settle_parts',
  text: `with own as (${OWN}), gone as (
    delete from event_row where lane = $1 and seq = any($7::bigint[]) and exists (select from own)
  ), kept as (
    update event_row r set attempts = part.attempts::int[],
      done = (select array_agg(distinct position order by position) from unnest(r.done || part.done::int[]) position)
    from unnest($8::bigint[], $9::text[], $10::text[]) as part(seq, done, attempts)
    where r.lane = $1 and r.seq = part.seq and exists (select from own)
  ) select (select count(*) from own)::int as own`,
};

/** What settling works with. */
export interface SettleDeps {
  readonly database: Postgres;
  readonly replicaId: () => string;
  /** The lane is another's. */
  lose(lane: HeldLane): void;
}

/** A row as it will be. */
interface RowChange {
  readonly row: ClaimedRow;
  /** Positions that are settled for good. */
  readonly gone: Set<number>;
  /** Tries of those that go back. */
  readonly back: Map<number, number>;
}

/** A delivery that died. */
export interface Death {
  readonly settlement: Extract<Settlement, { readonly kind: 'dead' }>;
  readonly seq: number;
  readonly position: number;
  /** As of `personNumber`. */
  readonly person: number;
}

/** @throws DatabaseError: all of it stays claimed */
export function settle(
  deps: SettleDeps,
  lane: HeldLane,
  settlements: readonly Settlement[],
): Promise<'settled' | 'lost'> {
  return lane.turns.run(() => settleInTurn(deps, lane, settlements));
}

/** The same for the one whose turn it is. @throws DatabaseError */
export async function settleInTurn(
  { database, replicaId, lose }: SettleDeps,
  lane: HeldLane,
  settlements: readonly Settlement[],
): Promise<'settled' | 'lost'> {
  if (lane.isLost) return 'lost';
  const { changes, deaths } = plan(lane, settlements);
  if (changes.size === 0) return 'settled';
  const note = lane.isNoteWritten ? undefined : lane.note;
  const hasNote = !lane.isNoteWritten;
  const values = [
    ...[lane.id, replicaId(), lane.epoch, claimedToAfter(lane, changes)],
    ...[hasNote, note === undefined ? null : JSON.stringify(note)],
    ...rowValues([...changes.values()]),
  ];
  if (hasNote) lane.isNoteWritten = true;
  try {
    const isOwn =
      deaths.length === 0
        ? await write(database, values)
        : await database.transaction(async (queries) => {
            if (!(await addDeadLetters(queries, lane, replicaId(), deaths))) return false;
            return write(queries, values);
          });
    if (!isOwn) {
      lose(lane);
      return 'lost';
    }
  } catch (error) {
    if (hasNote) lane.isNoteWritten = false;
    throw error;
  }
  for (const change of changes.values()) apply(lane, change);
  return 'settled';
}

/** What is not claimed is passed over. */
function plan(
  lane: HeldLane,
  settlements: readonly Settlement[],
): { readonly changes: ReadonlyMap<number, RowChange>; readonly deaths: readonly Death[] } {
  const changes = new Map<number, RowChange>();
  const deaths: Death[] = [];
  for (const settlement of settlements) {
    const place = parseDeliveryKey(settlement.delivery.key);
    if (place === undefined || place.lane !== lane.id) continue;
    const { seq, position } = place;
    const row = lane.rows.get(seq);
    const event = row?.events.get(position);
    if (row === undefined || event === undefined || !row.given.has(position)) continue;
    let change = changes.get(seq);
    if (change === undefined) {
      change = { row, gone: new Set(), back: new Map() };
      changes.set(seq, change);
    }
    if (change.gone.has(position) || change.back.has(position)) continue;
    if (settlement.kind === 'putBack') change.back.set(position, settlement.delivery.attempts);
    else change.gone.add(position);
    if (settlement.kind === 'dead') deaths.push({ settlement, seq, position, person: event.person });
  }
  return { changes, deaths };
}

/** Whether nothing of a row is given out any more. */
function isIdleAfter({ row, gone, back }: RowChange): boolean {
  return row.given.size === gone.size + back.size;
}

function claimedToAfter(lane: HeldLane, changes: ReadonlyMap<number, RowChange>): number | null {
  let last: number | null = null;
  for (const seq of lane.rows.keys()) {
    const change = changes.get(seq);
    if (change !== undefined && isIdleAfter(change) && !keepsFree(change)) continue;
    if (last === null || seq > last) last = seq;
  }
  return last;
}

/** What was read and not given out of a row stays for the next claim, unless something of the row went back: then all of it is read again. */
function keepsFree({ row, back }: RowChange): boolean {
  return back.size === 0 && row.free.length > 0;
}

function isGone({ row, gone }: RowChange): boolean {
  return row.events.size === gone.size;
}

function attemptsAfter({ row, back }: RowChange): ReadonlyMap<number, number> {
  return new Map([...row.attempts, ...back].filter(([, tries]) => tries > 0));
}

function isChanged(change: RowChange): boolean {
  const { row, gone, back } = change;
  return gone.size > 0 || [...back].some(([position, tries]) => (row.attempts.get(position) ?? 0) !== tries);
}

/** The rows that are gone; those that stay, with what is done of them and the tries of each position. */
function rowValues(changes: readonly RowChange[]): readonly unknown[] {
  const gone = changes.filter(isGone);
  const kept = changes.filter((change) => !isGone(change) && isChanged(change));
  const values: unknown[] = [gone.map(({ row }) => row.seq)];
  if (kept.length === 0) return values;
  return [
    ...values,
    kept.map(({ row }) => row.seq),
    kept.map((change) => doneAfter(change)),
    kept.map((change) => arrayText(attemptsAfter(change), change.row.count)),
  ];
}

function doneAfter({ row, gone }: RowChange): string | null {
  const done = Array.from({ length: row.count }, (_, index) => index + 1).filter(
    (position) => !row.events.has(position) || gone.has(position),
  );
  return done.length === 0 ? null : `{${done.join(',')}}`;
}

function arrayText(attempts: ReadonlyMap<number, number>, count: number): string | null {
  if (attempts.size === 0) return null;
  return `{${Array.from({ length: count }, (_, index) => attempts.get(index + 1) ?? 0).join(',')}}`;
}

async function write(queries: Queries, values: readonly unknown[]): Promise<boolean> {
  const { rows } = await queries.query<{ readonly own: number }>(values.length > 7 ? SETTLE_PARTS : SETTLE, values);
  return rows[0]?.own === 1;
}

/** It is written. */
function apply(lane: HeldLane, change: RowChange): void {
  const { row, gone, back } = change;
  row.attempts = attemptsAfter(change);
  for (const position of [...gone, ...back.keys()]) row.given.delete(position);
  for (const position of gone) row.events.delete(position);
  lane.waiting = Math.max(0, lane.waiting - gone.size);
  if (row.events.size === 0) {
    lane.rows.delete(row.seq);
    return;
  }
  if (back.size === 0) return;
  if (row.given.size === 0) lane.forget(row.seq);
  else row.free = [...row.events.keys()].filter((position) => !row.given.has(position));
  lane.hasNews();
}
