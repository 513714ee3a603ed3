// What the outbox writes: an event comes in, a claimed delivery is settled, a dead letter goes back or away.

import { runAtOnce } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, laneId, partsOfLane } from '../lane-id.js';
import type { Appended, DeadLetter, DroppedDeadLetters, OutboxEvent, Settlement } from '../outbox.js';
import { type DedupeEntry, type DedupeIndex, type OnceEntry, onceEntry } from './dedupe-index.js';
import type { Lanes } from './lanes.js';
import type { Ledger } from './ledger.js';
import {
  DEAD,
  decodeDead,
  encodeDead,
  encodeWaiting,
  parseRecordKey,
  type RecordKey,
  recordBytes,
  recordBytesWith,
  recordKey,
  WAITING,
} from './records.js';
import type { Room } from './room.js';
import type { Step } from './step.js';
import { requireRoom } from './workspace-shares.js';
import type { Change, Planning } from './writer.js';

/** Characters of an answer that a dead letter keeps. */
const ANSWER_LENGTH = 4096;

/** What the changes work on. */
export interface Books {
  readonly lanes: Lanes;
  readonly dedupe: DedupeIndex;
  readonly ledger: Ledger;
  /** Of waiting records. */
  readonly maxBytes: number;
  /** Whether more than one workspace has settings. */
  readonly isShared: () => boolean;
  readonly room: Room;
  /** Dead letters that were let go since the start. */
  readonly dropped: { -readonly [Why in keyof DroppedDeadLetters]: number };
  readonly log: Logger;
  readonly now: () => EpochMs;
  /** When what waits on disk was read: none of it is due later. 0 where nothing waited. */
  foundUntil: EpochMs;
  /** The highest sequence number given out. */
  sequence: number;
  /** Bytes of the last call that was refused because the outbox was full; 0 when none was. */
  refusedBytes: number;
  /** The same of workspaces that had their share. */
  readonly overShare: Map<string, number>;
  /** Tells that the lane has something new to deliver. */
  appended(lane: LaneId, origin?: 'redelivered'): void;
}

/** What an event takes of a step beside its payload, in bytes: its key and the entries of the dedupe index, and the time that they take. */
const EVENT_BYTES = 1024;

/** Events after which a plan stops for others. */
const EVENTS_AT_A_TIME = 32;

/** An event, with where it is remembered. */
interface Keyed {
  readonly event: OutboxEvent;
  readonly message: DedupeEntry | undefined;
  readonly oldKey: string | undefined;
  readonly once: DedupeEntry | undefined;
  /** Of the payload. */
  readonly bytes: number;
}

function keyedOf({ dedupe }: Books, event: OutboxEvent): Keyed {
  return {
    event,
    message: dedupe.messageEntry(event),
    oldKey: dedupe.oldKeyOf(event),
    once: dedupe.onceEntry(event, event.once),
    bytes: Buffer.byteLength(event.payload),
  };
}

/**
 * Stores the events that are new. Its plan throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE.
 *
 * What is done for each event is done in functions of the module: V8 forgets what it compiled of a closure that is made for each call whenever it collects all garbage.
 */
export function appendChange(books: Books, events: readonly OutboxEvent[]): Change<readonly Appended[]> {
  const keyed: Keyed[] = [];
  const lookUp: string[] = [];
  let bytes = 0;
  for (const event of events) {
    const known = keyedOf(books, event);
    keyed.push(known);
    bytes += known.bytes + EVENT_BYTES;
    if (known.message !== undefined) lookUp.push(known.message.key);
    if (known.oldKey !== undefined) lookUp.push(known.oldKey);
    if (known.once !== undefined) lookUp.push(known.once.key);
  }
  return {
    bytes,
    lookUp,
    plan: (step) => {
      const planning = planAppend(books, step, keyed);
      return events.length < EVENTS_AT_A_TIME ? runAtOnce(planning) : planning;
    },
  };
}

function* planAppend(books: Books, step: Step, keyed: readonly Keyed[]): Planning<readonly Appended[]> {
  const now = books.now();
  const results = compare(books, step, keyed, now);
  const stored: Stored[] = [];
  for (let index = 0; index < keyed.length; index += 1) {
    if (index % EVENTS_AT_A_TIME === EVENTS_AT_A_TIME - 1) yield;
    const each = keyed[index];
    if (each !== undefined && results[index] === 'accepted')
      stored.push(recordOf(books, each, books.sequence + 1 + stored.length));
  }
  requireRoom(books, step, sumByWorkspace(stored));
  books.sequence += stored.length;
  let written = 0;
  for (const { key, value, sequence, message, once } of stored) {
    written += 1;
    if (written % EVENTS_AT_A_TIME === 0) yield;
    step.put(key, value);
    if (message !== undefined) books.dedupe.add(step, message, now, sequence);
    if (once !== undefined) books.dedupe.add(step, once, now, sequence);
  }
  rememberRepeated(
    books,
    step,
    keyed.flatMap(({ message }, index) => (results[index] === 'repeated' && message !== undefined ? message : [])),
  );
  return () => {
    noteStored(books, stored);
    return results;
  };
}

/** What is new of the events of a call, compared with what is remembered and with each other. */
function compare(books: Books, step: Step, keyed: readonly Keyed[], now: EpochMs): readonly Appended[] {
  // Of the call so far: the values of its entries.
  const own = new Map<string, string | undefined>();
  const results: Appended[] = [];
  for (const { message, oldKey, once } of keyed) {
    if (
      isTaken(books, step, own, message, now) ||
      (oldKey !== undefined && books.dedupe.isSeenOfOld(step, oldKey, now))
    ) {
      results.push('duplicate');
      continue;
    }
    const isRepeated = isTaken(books, step, own, once, now);
    if (message !== undefined) own.set(message.key, message.value);
    if (once !== undefined && !isRepeated) own.set(once.key, once.value);
    results.push(isRepeated ? 'repeated' : 'accepted');
  }
  return results;
}

function isTaken(
  { dedupe }: Books,
  step: Step,
  own: ReadonlyMap<string, string | undefined>,
  entry: DedupeEntry | undefined,
  now: EpochMs,
): boolean {
  if (entry === undefined) return false;
  return own.has(entry.key) ? own.get(entry.key) === entry.value : dedupe.isSeen(step, entry, now);
}

/** An event as it is stored, and what the books know of it. */
interface Stored extends Pick<OutboxEvent, 'workspaceId' | 'acceptedAt'>, Pick<Keyed, 'message' | 'once'> {
  readonly person: OutboxEvent['person'] | undefined;
  readonly lane: LaneId;
  readonly key: string;
  readonly time: EpochMs;
  readonly value: string;
  readonly bytes: number;
  readonly sequence: number;
}

function recordOf(books: Books, { event, message, once, bytes: payloadBytes }: Keyed, sequence: number): Stored {
  const { workspaceId, target, acceptedAt, person } = event;
  const lane = laneId(workspaceId, target);
  // A push may have waited for the disk to be read: it is behind all that was found there.
  const time = Math.max(acceptedAt, books.foundUntil);
  const key = recordKey({ kind: WAITING, lane, time, sequence });
  const value = encodeWaiting(key, event, 0, once === undefined ? undefined : event.once?.key);
  const bytes = recordBytesWith(key, value, event.payload, payloadBytes);
  return { lane, workspaceId, key, time, value, acceptedAt, bytes, sequence, person, message, once };
}

/** They are on disk. */
function noteStored(books: Books, stored: readonly Stored[]): void {
  const lanes = new Set<LaneId>();
  for (const { lane, key, time, acceptedAt, bytes, sequence, person } of stored) {
    books.lanes.arrived(lane, key, acceptedAt, bytes).people.add({ sequence, time, person });
    lanes.add(lane);
  }
  for (const lane of lanes) books.appended(lane);
}

/**
 * The messages of events that are not stored, because their `once` key says what they say: sent again after the key has changed, each would pass for another change. New events need what a
 * tight disk has left.
 */
function rememberRepeated(books: Books, step: Step, messages: readonly DedupeEntry[]): void {
  if (books.room.isTight) return;
  const now = books.now();
  for (const message of messages) {
    books.sequence += 1;
    books.dedupe.add(step, message, now, books.sequence);
  }
}

function sumByWorkspace(
  records: readonly { readonly workspaceId: string; readonly bytes: number }[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { workspaceId, bytes } of records) sums.set(workspaceId, (sums.get(workspaceId) ?? 0) + bytes);
  return sums;
}

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
    if (staysAsItIs(books, place, settlement, bytes)) {
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
function staysAsItIs({ room }: Books, place: RecordKey, settlement: Settlement, bytes: number): boolean {
  return settlement.kind === 'retry' && settlement.dueAt === place.time && !room.spares(bytes);
}

/** Counts dead letters that are let go, and says so. */
export function sayDropped({ dropped, log }: Books, id: LaneId, reason: keyof DroppedDeadLetters, count: number): void {
  if (count === 0) return;
  dropped[reason] += count;
  const why = reason === 'age' ? 'they are too old' : 'they take too much room';
  log.warn({ ...partsOfLane(id), dropped: count, reason }, `Dead letters were dropped: ${why}.`);
}

/** @returns to be called once the step is synced; `undefined` for a dead letter for which the disk has no room: it is gone, or its lane would stop for ever */
function moveOn(
  books: Books,
  step: Step,
  place: RecordKey,
  settlement: Exclude<Settlement, { kind: 'delivered' }>,
): (() => void) | undefined {
  const { delivery } = settlement;
  if (settlement.kind === 'retry') {
    const key = recordKey({ ...place, time: settlement.dueAt });
    books.lanes.lane(place.lane).people.moved(place.sequence, settlement.dueAt);
    const value = encodeWaiting(key, delivery, delivery.attempts + 1, delivery.onceKey);
    step.put(key, value);
    return () => books.lanes.arrived(place.lane, key, delivery.acceptedAt, recordBytes(key, value));
  }
  const diedAt = books.now();
  const key = recordKey({ ...place, kind: DEAD, time: diedAt });
  const value = encodeDead(key, delivery, settlement.reason, settlement.answer.slice(0, ANSWER_LENGTH));
  // It was not sent after all: whatever comes next of its key may be.
  if (delivery.onceKey !== undefined)
    books.dedupe.giveBack(step, onceEntry(delivery, delivery.onceKey), place.sequence);
  if (!books.room.replace(recordBytes(key, value))) return undefined;
  books.lanes.lane(place.lane).people.moved(place.sequence, diedAt);
  step.put(key, value);
  return () => books.lanes.died(place.lane, diedAt, recordBytes(key, value));
}

/** The entry that the redelivery of a dead letter takes away, if any. Changes nothing. */
export function findOnceOfLetter(key: string): Change<OnceEntry | undefined> {
  const place = parseRecordKey(key);
  return {
    bytes: 0,
    lookUp: place?.kind === DEAD ? [key] : [],
    plan(step) {
      const value = step.get(key);
      if (place === undefined || value === undefined) return () => undefined;
      const { onceKey, ...lane } = decodeDead(place, key, value);
      return () => (onceKey === undefined ? undefined : onceEntry(lane, onceKey));
    },
  };
}

/**
 * Puts a dead letter back. It counts as accepted now, or one that had expired would expire at once.
 *
 * @param once its entry: what it says is then said last, however old it is, so that nothing that comes after is a repetition
 */
export function redeliverChange(books: Books, key: string, once: OnceEntry | undefined): Change<boolean> {
  return deadLetterChange(books, key, once, true, (step, place, letter) => {
    if (once !== undefined) books.dedupe.forget(step, once);
    const acceptedAt = books.now();
    const newKey = recordKey({ ...place, kind: WAITING, time: acceptedAt });
    books.lanes.lane(place.lane).people.moved(place.sequence, acceptedAt);
    const value = encodeWaiting(newKey, { ...letter, acceptedAt }, 0, letter.onceKey);
    step.put(newKey, value);
    return () => {
      books.lanes.arrived(place.lane, newKey, acceptedAt, recordBytes(newKey, value));
      books.appended(place.lane, 'redelivered');
    };
  });
}

/** Forgets a dead letter. */
export function dropChange(books: Books, key: string): Change<boolean> {
  return deadLetterChange(
    books,
    key,
    undefined,
    false,
    (_step, { lane, sequence }) =>
      () =>
        books.lanes.lane(lane).people.remove(sequence),
  );
}

function deadLetterChange(
  books: Books,
  key: string,
  once: OnceEntry | undefined,
  isWrittenAnew: boolean,
  act: (step: Step, place: RecordKey, letter: DeadLetter) => () => void,
): Change<boolean> {
  const place = parseRecordKey(key);
  const isDeadLetter = place?.kind === DEAD;
  return {
    bytes: 0,
    lookUp: isDeadLetter ? [key, ...(once === undefined ? [] : [once.key])] : [],
    plan(step) {
      const value = isDeadLetter ? step.get(key) : undefined;
      if (place === undefined || value === undefined) return () => false;
      if (isWrittenAnew && !books.room.replace(recordBytes(key, value)))
        throw new PluginError('OUTBOX_UNAVAILABLE', 'ENOSPC');
      step.del(key);
      const acted = act(step, place, decodeDead(place, key, value));
      return () => {
        acted();
        books.lanes.deadLetterRemoved(place.lane, recordBytes(key, value));
        return true;
      };
    },
  };
}
