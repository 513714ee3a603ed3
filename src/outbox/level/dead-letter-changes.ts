// A dead letter goes back to what waits, or away.

import { PluginError } from '../../base/errors.js';
import type { DeadLetter } from '../outbox.js';
import type { Books } from './books.js';
import { type OnceEntry, onceEntry } from './dedupe-index.js';
import {
  DEAD,
  decodeDead,
  encodeWaiting,
  parseRecordKey,
  type RecordKey,
  recordBytes,
  recordKey,
  WAITING,
} from './records.js';
import type { Step } from './step.js';
import type { Change } from './writer.js';

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
 * @returns its key from now on; `undefined` where there is no such dead letter
 * @param once its entry: what it says is then said last, however old it is, so that nothing that comes after is a repetition
 */
export function redeliverChange(books: Books, key: string, once: OnceEntry | undefined): Change<string | undefined> {
  return deadLetterChange(books, key, once, true, (step, place, letter) => {
    if (once !== undefined) books.dedupe.forget(step, once);
    const acceptedAt = books.now();
    const newKey = recordKey({ ...place, kind: WAITING, time: acceptedAt });
    books.lanes.lane(place.lane).people.moved(place.sequence, acceptedAt);
    const value = encodeWaiting(newKey, { ...letter, acceptedAt }, 0, {
      onceKey: letter.onceKey,
      person: books.lanes.lane(place.lane).people.markOf(place.sequence),
    });
    step.put(newKey, value);
    return () => {
      books.lanes.arrived(place.lane, newKey, acceptedAt, recordBytes(newKey, value));
      books.appended(place.lane, 'redelivered');
      return newKey;
    };
  });
}

/** Forgets a dead letter. */
export function dropChange(books: Books, key: string): Change<true | undefined> {
  return deadLetterChange(books, key, undefined, false, (_step, { lane, sequence }) => () => {
    books.lanes.lane(lane).people.remove(sequence);
    return true;
  });
}

function deadLetterChange<T>(
  books: Books,
  key: string,
  once: OnceEntry | undefined,
  isWrittenAnew: boolean,
  act: (step: Step, place: RecordKey, letter: DeadLetter) => () => T,
): Change<T | undefined> {
  const place = parseRecordKey(key);
  const isDeadLetter = place?.kind === DEAD;
  return {
    bytes: 0,
    lookUp: isDeadLetter ? [key, ...(once === undefined ? [] : [once.key])] : [],
    plan(step) {
      const value = isDeadLetter ? step.get(key) : undefined;
      if (place === undefined || value === undefined) return () => undefined;
      if (isWrittenAnew && !books.room.replace(recordBytes(key, value)))
        throw new PluginError('OUTBOX_UNAVAILABLE', 'ENOSPC');
      step.del(key);
      const acted = act(step, place, decodeDead(place, key, value));
      return () => {
        const result = acted();
        books.lanes.deadLetterRemoved(place.lane, recordBytes(key, value));
        return result;
      };
    },
  };
}
