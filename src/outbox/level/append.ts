// Events come in: the new ones are stored.

import { runAtOnce } from '../../base/breather.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, laneId } from '../lane-id.js';
import type { Appended, OutboxEvent } from '../outbox.js';
import type { Books } from './books.js';
import type { DedupeEntry } from './dedupe-index.js';
import { type PersonMark, personMark } from './person-mark.js';
import { encodeNew, recordKey, WAITING } from './records.js';
import type { Step } from './step.js';
import { requireRoom } from './workspace-shares.js';
import type { Change, Planning } from './writer.js';

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
  /** Under which an outbox that keeps hashes remembered them. */
  readonly hashed: DedupeEntry | undefined;
  readonly hashedOnce: DedupeEntry | undefined;
  /** Of the payload. */
  readonly bytes: number;
}

function keyedOf({ dedupe }: Books, event: OutboxEvent): Keyed {
  const message = dedupe.messageEntry(event);
  const once = dedupe.onceEntry(event, event.once);
  return {
    event,
    message,
    oldKey: dedupe.oldKeyOf(event),
    once,
    hashed: dedupe.hashedOf(message),
    hashedOnce: dedupe.hashedOf(once),
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
    if (known.hashed !== undefined) lookUp.push(known.hashed.key);
    if (known.hashedOnce !== undefined) lookUp.push(known.hashedOnce.key);
  }
  return {
    bytes,
    lookUp,
    plan: (step) => {
      const planning = planAppend(books, step, keyed);
      return keyed.length < EVENTS_AT_A_TIME ? runAtOnce(planning) : planning;
    },
  };
}

function* planAppend(books: Books, step: Step, keyed: readonly Keyed[]): Planning<readonly Appended[]> {
  const now = books.now();
  const results = compare(books, step, keyed, now);
  const coming: Coming[] = [];
  for (let index = 0; index < keyed.length; index += 1) {
    if (index % EVENTS_AT_A_TIME === EVENTS_AT_A_TIME - 1) yield;
    const each = keyed[index];
    if (each !== undefined && results[index] === 'accepted')
      coming.push(recordOf(books, each, books.sequence + 1 + coming.length));
  }
  requireRoom(books, step, sumByWorkspace(coming));
  books.sequence += coming.length;
  const stored: Stored[] = [];
  for (const { record, value, message, once, hashedOnce } of coming) {
    stored.push(record);
    if (stored.length % EVENTS_AT_A_TIME === 0) yield;
    step.put(record.key, value);
    if (message !== undefined) books.dedupe.add(step, message, now, record.sequence);
    if (once !== undefined) books.dedupe.add(step, once, now, record.sequence);
    if (hashedOnce !== undefined) books.dedupe.forget(step, hashedOnce);
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
  for (const { message, oldKey, once, hashed, hashedOnce } of keyed) {
    if (
      isTaken(books, step, own, message, now) ||
      (hashed !== undefined && books.dedupe.isSeen(step, hashed, now)) ||
      (oldKey !== undefined && books.dedupe.isSeenOfOld(step, oldKey, now))
    ) {
      results.push('duplicate');
      continue;
    }
    // What was said last under its name is newer than what is known under its hash.
    const isNamed = once !== undefined && (own.has(once.key) || step.get(once.key) !== undefined);
    const isRepeated = isTaken(books, step, own, isNamed ? once : (hashedOnce ?? once), now);
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

/** What the books know of a stored event. They are told when it is on disk: until then its text is not kept. */
interface Stored extends Pick<OutboxEvent, 'acceptedAt'> {
  readonly person: PersonMark;
  readonly lane: LaneId;
  readonly key: string;
  readonly time: EpochMs;
  readonly bytes: number;
  readonly sequence: number;
}

/** An event as it is stored. */
interface Coming extends Pick<OutboxEvent, 'workspaceId'>, Pick<Keyed, 'message' | 'once' | 'hashedOnce'> {
  readonly record: Stored;
  readonly value: string;
}

function recordOf(
  books: Books,
  { event, message, once, hashedOnce, bytes: payloadBytes }: Keyed,
  sequence: number,
): Coming {
  const { workspaceId, target, acceptedAt } = event;
  const person = personMark(event.person);
  const lane = laneId(workspaceId, target);
  // A push may have waited for the disk to be read: it is behind all that was found there.
  const time = Math.max(acceptedAt, books.foundUntil);
  const key = recordKey({ kind: WAITING, lane, time, sequence });
  const { value, bytes } = encodeNew(key, event, payloadBytes, {
    onceKey: once === undefined ? undefined : event.once?.key,
    person,
  });
  return {
    record: { lane, key, time, acceptedAt, bytes, sequence, person },
    workspaceId,
    value,
    message,
    once,
    hashedOnce,
  };
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

function sumByWorkspace(coming: readonly Coming[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { workspaceId, record } of coming) sums.set(workspaceId, (sums.get(workspaceId) ?? 0) + record.bytes);
  return sums;
}
