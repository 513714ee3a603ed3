// What the outbox writes: an event comes in, a claimed delivery is settled, a dead letter goes back or away.

import { runAtOnce } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, laneId, partsOfLane } from '../lane-id.js';
import type { Appended, DeadLetter, Delivery, DroppedDeadLetters, OutboxEvent, Settlement } from '../outbox.js';
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
}

/** Stores the events that are new. Its plan throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE. */
export function appendChange(books: Books, events: readonly OutboxEvent[]): Change<readonly Appended[]> {
  const keyed = events.map(
    (event): Keyed => ({
      event,
      message: books.dedupe.messageEntry(event),
      oldKey: books.dedupe.oldKeyOf(event),
      once: books.dedupe.onceEntry(event, event.once),
    }),
  );
  return {
    bytes: events.reduce((sum, event) => sum + byteLength(event) + EVENT_BYTES, 0),
    lookUp: keyed.flatMap(({ message, oldKey, once }) => [message?.key, oldKey, once?.key].flatMap((key) => key ?? [])),
    plan: (step) => {
      const planning = planAppend(books, step, keyed);
      return events.length < EVENTS_AT_A_TIME ? runAtOnce(planning) : planning;
    },
  };
}

function* planAppend(books: Books, step: Step, keyed: readonly Keyed[]): Planning<readonly Appended[]> {
  const now = books.now();
  const results = compare(books, step, keyed, now);
  const fresh = keyed.filter((_, index) => results[index] === 'accepted');
  const stored: Stored[] = [];
  for (const [index, each] of fresh.entries()) {
    if (index % EVENTS_AT_A_TIME === EVENTS_AT_A_TIME - 1) yield;
    stored.push(recordOf(books, each, books.sequence + 1 + index));
  }
  requireRoom(books, step, sumByWorkspace(stored));
  books.sequence += stored.length;
  for (const [index, { key, value, sequence, message, once }] of stored.entries()) {
    if (index % EVENTS_AT_A_TIME === EVENTS_AT_A_TIME - 1) yield;
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
    for (const { lane, key, time, acceptedAt, bytes, sequence, person } of stored) {
      books.lanes.arrived(lane, key, acceptedAt, bytes);
      books.lanes.lane(lane).people.add({ sequence, time, person });
    }
    for (const lane of new Set(stored.map((record) => record.lane))) books.appended(lane);
    return results;
  };
}

/** What is new of the events of a call, compared with what is remembered and with each other. */
function compare(books: Books, step: Step, keyed: readonly Keyed[], now: EpochMs): readonly Appended[] {
  // Of the call so far: the values of its entries.
  const own = new Map<string, string | undefined>();
  const isTaken = (entry: DedupeEntry | undefined) =>
    entry !== undefined &&
    (own.has(entry.key) ? own.get(entry.key) === entry.value : books.dedupe.isSeen(step, entry, now));
  return keyed.map(({ message, oldKey, once }): Appended => {
    if (isTaken(message) || (oldKey !== undefined && books.dedupe.isSeenOfOld(step, oldKey, now))) return 'duplicate';
    const result = isTaken(once) ? 'repeated' : 'accepted';
    for (const entry of [message, result === 'accepted' ? once : undefined])
      if (entry !== undefined) own.set(entry.key, entry.value);
    return result;
  });
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

function recordOf(books: Books, { event, message, once }: Keyed, sequence: number): Stored {
  const { workspaceId, target, acceptedAt, person } = event;
  const lane = laneId(workspaceId, target);
  // A push may have waited for the disk to be read: it is behind all that was found there.
  const time = Math.max(acceptedAt, books.foundUntil);
  const key = recordKey({ kind: WAITING, lane, time, sequence });
  const onceKey = once === undefined ? undefined : event.once?.key;
  const value = encodeWaiting(key, { ...event, ...(onceKey !== undefined && { onceKey }) }, 0);
  const bytes = recordBytes(key, value);
  return { lane, workspaceId, key, time, value, acceptedAt, bytes, sequence, person, message, once };
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
  return {
    bytes: settlements.reduce((sum, { delivery }) => sum + byteLength(delivery), 0),
    lookUp: settlements.flatMap(({ kind, delivery }) =>
      kind === 'dead' && delivery.onceKey !== undefined ? [onceEntry(delivery, delivery.onceKey).key] : [],
    ),
    plan(step) {
      const done: (() => void)[] = [];
      const unkept = new Map<LaneId, number>();
      for (const settlement of settlements) {
        const { key, acceptedAt } = settlement.delivery;
        const place = parseRecordKey(key);
        if (place === undefined || step.isDeleted(key) || !books.lanes.lane(place.lane).claimed.has(key)) continue;
        const bytes = books.lanes.lane(place.lane).claimed.get(key) ?? 0;
        if (staysAsItIs(books, place, settlement, bytes)) {
          done.push(() => {
            books.lanes.lane(place.lane).release(key);
            books.lanes.lane(place.lane).lowerFloor(key);
          });
          continue;
        }
        step.del(key);
        // First where it is now: a lane in which nothing is left is forgotten, with what it knows of its records.
        const moved = moveOn(books, step, place, settlement);
        if (moved === undefined) unkept.set(place.lane, (unkept.get(place.lane) ?? 0) + 1);
        done.push(moved ?? (() => books.lanes.lane(place.lane).people.remove(place.sequence)));
        done.push(() => books.lanes.left(place.lane, key, acceptedAt, bytes));
      }
      return () => {
        for (const finish of done) finish();
        for (const [id, count] of unkept) sayDropped(books, id, 'bytes', count);
      };
    },
  };
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
function moveOn(books: Books, step: Step, place: RecordKey, settlement: Settlement): (() => void) | undefined {
  const { delivery } = settlement;
  if (settlement.kind === 'retry') {
    const key = recordKey({ ...place, time: settlement.dueAt });
    books.lanes.lane(place.lane).people.moved(place.sequence, settlement.dueAt);
    const value = encodeWaiting(key, delivery, delivery.attempts + 1);
    step.put(key, value);
    return () => books.lanes.arrived(place.lane, key, delivery.acceptedAt, recordBytes(key, value));
  }
  if (settlement.kind === 'dead') {
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
  return () => books.lanes.lane(place.lane).people.remove(place.sequence);
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
    const value = encodeWaiting(newKey, { ...letter, acceptedAt }, 0);
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

function byteLength({ payload }: Pick<Delivery, 'payload'>): number {
  return Buffer.byteLength(payload);
}
