// Claimed deliveries are settled: they are gone, wait for another try, or are dead letters.

import type { EpochMs } from '../../base/time.js';
import type { LaneId } from '../lane-id.js';
import type { Settlement } from '../outbox.js';
import { type Books, sayDropped } from './books.js';
import { onceEntry } from './dedupe-index.js';
import { DEAD, encodeDead, encodeWaiting, parseRecordKey, type RecordKey, recordBytes, recordKey } from './records.js';
import type { Step } from './step.js';
import type { Change } from './writer.js';

/** Characters of an answer that a dead letter keeps. */
const ANSWER_LENGTH = 4096;

/**
 * Writes down what became of deliveries; what is not claimed (any more) is passed over, so settling again does no harm.
 */
export function settleChange(books: Books, settlements: readonly Settlement[]): Change<void> {
  let bytes = 0;
  const lookUp: string[] = [];
  for (const { kind, delivery } of settlements) {
    // Of what was delivered only the key is written.
    if (kind !== 'delivered') bytes += Buffer.byteLength(delivery.payload);
    if (kind === 'dead' && delivery.onceKey !== undefined) lookUp.push(onceEntry(delivery, delivery.onceKey).key);
  }
  return { bytes, lookUp, plan: (step) => planSettle(books, settlements, step) };
}

/** A delivery that is settled. */
interface Claimed {
  readonly place: RecordKey;
  readonly key: string;
}

/** One that does not stay where it is. */
interface Leaving extends Claimed {
  readonly acceptedAt: EpochMs;
  /** Of its record. */
  readonly bytes: number;
  /** To be called once the step is synced; `undefined` where nothing of it is kept. */
  readonly moved: (() => void) | undefined;
}

function planSettle(books: Books, settlements: readonly Settlement[], step: Step): () => void {
  const staying: Claimed[] = [];
  const leaving: Leaving[] = [];
  const unkept = new Map<LaneId, number>();
  for (const settlement of settlements) {
    const { key, acceptedAt } = settlement.delivery;
    const place = parseRecordKey(key);
    if (place === undefined || step.isDeleted(key)) continue;
    const bytes = books.lanes.lane(place.lane).claimed.get(key);
    if (bytes === undefined) continue;
    if (staysAsItIs(books, settlement, bytes)) {
      staying.push({ place, key });
      continue;
    }
    step.del(key);
    const moved = settlement.kind === 'delivered' ? undefined : moveOn(books, step, place, settlement);
    if (moved === undefined && settlement.kind === 'dead') unkept.set(place.lane, (unkept.get(place.lane) ?? 0) + 1);
    leaving.push({ place, key, acceptedAt, bytes, moved });
  }
  return () => {
    noteSettled(books, staying, leaving);
    for (const [id, count] of unkept) sayDropped(books, id, 'bytes', count);
  };
}

/** It is on disk. */
function noteSettled({ lanes }: Books, staying: readonly Claimed[], leaving: readonly Leaving[]): void {
  for (const { place, key } of staying) {
    const lane = lanes.lane(place.lane);
    lane.release(key);
    lane.lowerFloor(key);
  }
  for (const { place, key, acceptedAt, bytes, moved } of leaving) {
    // First where it is now: a lane in which nothing is left is forgotten, with what it knows of its records.
    if (moved === undefined) lanes.lane(place.lane).people.remove(place.sequence);
    else moved();
    lanes.left(place.lane, key, acceptedAt, bytes);
  }
}

/**
 * A try in vain changes a number of its record, which is written anew for it. Without room for that the record stays as it is: what cannot be sent would use up
 * what is kept for a way out.
 */
function staysAsItIs({ room }: Books, settlement: Settlement, bytes: number): boolean {
  return settlement.kind === 'putBack' && !room.spares(bytes);
}

/** @returns to be called once the step is synced; `undefined` for a dead letter for which the disk has no room: it is gone, or its lane would stop for ever */
function moveOn(
  books: Books,
  step: Step,
  place: RecordKey,
  settlement: Exclude<Settlement, { kind: 'delivered' }>,
): (() => void) | undefined {
  const { delivery } = settlement;
  const person = books.lanes.lane(place.lane).people.markOf(place.sequence);
  if (settlement.kind === 'putBack') {
    const key = recordKey(place);
    const value = encodeWaiting(key, delivery, delivery.attempts, { onceKey: delivery.onceKey, person });
    step.put(key, value);
    return () => books.lanes.arrived(place.lane, key, delivery.acceptedAt, recordBytes(key, value));
  }
  const diedAt = books.now();
  const key = recordKey({ ...place, kind: DEAD, time: diedAt });
  const { reason, answer, status } = settlement;
  const said = { reason, answer: answer.slice(0, ANSWER_LENGTH), ...(status !== undefined && { status }) };
  const value = encodeDead(key, delivery, place.time, said, person);
  // It was not sent after all: whatever comes next of its key may be.
  if (delivery.onceKey !== undefined)
    books.dedupe.giveBack(step, onceEntry(delivery, delivery.onceKey), place.sequence);
  if (!books.room.replace(recordBytes(key, value))) return undefined;
  books.lanes.lane(place.lane).people.moved(place.sequence, diedAt);
  step.put(key, value);
  return () => books.lanes.died(place.lane, diedAt, recordBytes(key, value));
}
