// What the outbox writes: an event comes in, a claimed delivery is settled, a dead letter goes back or away.

import { PluginError } from '../../../errors.js';
import type { DeadLetter, Delivery, OutboxEvent, Settlement } from '../outbox.js';
import type { Lanes } from './lanes.js';
import type { Marks } from './marks.js';
import {
  DEAD,
  decodeDead,
  encodeDead,
  encodeWaiting,
  parseRecordKey,
  type RecordKey,
  recordKey,
  WAITING,
} from './records.js';
import type { Step } from './step.js';
import type { Change } from './writer.js';

/** Characters of an answer that a dead letter keeps. */
const ANSWER_LENGTH = 4096;

/** The key under which the outbox keeps its highest sequence number. */
export const SEQUENCE_KEY = 'm:sequence';

/** What the changes work on. */
export interface Books {
  readonly lanes: Lanes;
  readonly marks: Marks;
  readonly maxBytes: number;
  readonly now: () => number;
  /** The highest sequence number given out. */
  sequence: number;
  /** Bytes of the last call that was refused because the outbox was full; 0 when none was. */
  refusedBytes: number;
  /** Tells that the workspace has something new to deliver. */
  appended(workspaceId: string): void;
}

type Appended = 'accepted' | 'duplicate';

/** Stores the events that are new. Its plan throws PluginError OUTBOX_FULL. */
export function appendChange(books: Books, events: readonly OutboxEvent[]): Change<readonly Appended[]> {
  const marked = events.map((event) => ({ event, mark: books.marks.keyOf(event), bytes: byteLength(event) }));
  return {
    bytes: marked.reduce((sum, { bytes }) => sum + bytes, 0),
    lookUp: marked.flatMap(({ mark }) => mark ?? []),
    plan(step) {
      const now = books.now();
      const own = new Set<string>();
      const fresh = marked.filter(({ mark }) => {
        if (mark === undefined) return true;
        const isNew = !own.has(mark) && !books.marks.isSeen(step, mark, now);
        own.add(mark);
        return isNew;
      });
      requireRoom(
        books,
        step,
        fresh.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      const stored = fresh.map(({ event, mark, bytes }) => {
        books.sequence += 1;
        const { workspaceId, acceptedAt } = event;
        const key = recordKey({ kind: WAITING, workspaceId, time: acceptedAt, sequence: books.sequence });
        step.put(key, encodeWaiting(key, event, 0));
        if (mark !== undefined) books.marks.add(step, mark, now, books.sequence);
        return { workspaceId, key, acceptedAt, bytes };
      });
      if (stored.length > 0) step.put(SEQUENCE_KEY, String(books.sequence));
      return () => {
        for (const { workspaceId, key, acceptedAt, bytes } of stored) {
          books.lanes.arrived(workspaceId, key, acceptedAt, bytes);
        }
        for (const workspaceId of new Set(stored.map((record) => record.workspaceId))) books.appended(workspaceId);
        const kept = new Set(fresh);
        return marked.map((entry) => (kept.has(entry) ? 'accepted' : 'duplicate'));
      };
    },
  };
}

function requireRoom(books: Books, step: Step, bytes: number): void {
  if (bytes > 0 && books.lanes.bytes + step.addedBytes + bytes > books.maxBytes) {
    books.refusedBytes = bytes;
    throw new PluginError('OUTBOX_FULL');
  }
  step.addedBytes += bytes;
}

/**
 * Writes down what became of deliveries; what is not claimed (any more) is passed over, so settling again does no harm.
 */
export function settleChange(books: Books, settlements: readonly Settlement[]): Change<void> {
  return {
    bytes: settlements.reduce((sum, { delivery }) => sum + byteLength(delivery), 0),
    lookUp: [],
    plan(step) {
      const settled = new Set<string>();
      const done: (() => void)[] = [];
      for (const settlement of settlements) {
        const { key, workspaceId, acceptedAt } = settlement.delivery;
        const place = parseRecordKey(key);
        if (place === undefined || settled.has(key) || !books.lanes.lane(workspaceId).claimed.has(key)) continue;
        settled.add(key);
        step.del(key);
        const bytes = byteLength(settlement.delivery);
        done.push(() => books.lanes.left(workspaceId, key, acceptedAt, bytes));
        done.push(moveOn(books, step, place, settlement));
      }
      return () => {
        for (const finish of done) finish();
      };
    },
  };
}

function moveOn(books: Books, step: Step, place: RecordKey, settlement: Settlement): () => void {
  const { delivery } = settlement;
  const { workspaceId, acceptedAt } = delivery;
  if (settlement.kind === 'retry') {
    const key = recordKey({ ...place, time: settlement.dueAt });
    step.put(key, encodeWaiting(key, delivery, delivery.attempts + 1));
    return () => books.lanes.arrived(workspaceId, key, acceptedAt, byteLength(delivery));
  }
  if (settlement.kind === 'dead') {
    const key = recordKey({ ...place, kind: DEAD, time: books.now() });
    step.put(key, encodeDead(key, delivery, settlement.reason, settlement.answer.slice(0, ANSWER_LENGTH)));
    return () => {
      books.lanes.lane(workspaceId).deadLetters += 1;
    };
  }
  return () => undefined;
}

/** Puts a dead letter back. It counts as accepted now, or one that had expired would expire at once. */
export function redeliverChange(books: Books, key: string): Change<boolean> {
  return deadLetterChange(books, key, (step, place, letter) => {
    const acceptedAt = books.now();
    const newKey = recordKey({ ...place, kind: WAITING, time: acceptedAt });
    step.put(newKey, encodeWaiting(newKey, { ...letter, acceptedAt }, 0));
    return () => {
      books.lanes.arrived(letter.workspaceId, newKey, acceptedAt, byteLength(letter));
      books.appended(letter.workspaceId);
    };
  });
}

/** Forgets a dead letter. */
export function dropChange(books: Books, key: string): Change<boolean> {
  return deadLetterChange(books, key, () => () => undefined);
}

function deadLetterChange(
  books: Books,
  key: string,
  act: (step: Step, place: RecordKey, letter: DeadLetter) => () => void,
): Change<boolean> {
  const place = parseRecordKey(key);
  const isDeadLetter = place?.kind === DEAD;
  return {
    bytes: 0,
    lookUp: isDeadLetter ? [key] : [],
    plan(step) {
      const value = isDeadLetter ? step.get(key) : undefined;
      if (place === undefined || value === undefined) return () => false;
      step.del(key);
      const acted = act(step, place, decodeDead(place, key, value));
      return () => {
        books.lanes.lane(place.workspaceId).deadLetters -= 1;
        acted();
        return true;
      };
    },
  };
}

function byteLength({ payload }: Pick<Delivery, 'payload'>): number {
  return Buffer.byteLength(payload);
}
