// Counts what is on disk when the database was opened.

import type { Logger } from '../../../observe/logger.js';
import type { LaneId } from '../lane-id.js';
import { type Books, SEQUENCE_KEY } from './events.js';
import { readKeyPages, readPages } from './pages.js';
import { DEAD, keyRange, measureWaiting, parseRecordKey, WAITING } from './records.js';
import { Redating } from './redate.js';
import type { Level } from './step.js';

const PAGE = 1000;

/**
 * Fills the counters from disk, in one streaming pass; a claim whose delivery is gone from disk is forgotten.
 *
 * @returns the highest sequence number on disk
 */
export async function loadBooks(db: Level, books: Books, log: Logger): Promise<number> {
  books.lanes.reset();
  const stored = Number((await db.get(SEQUENCE_KEY)) ?? 0) || 0;
  const inMarks = await books.marks.load(db);
  const inWaiting = await loadWaiting(db, books, log);
  const inDead = await loadDead(db, books);
  const highest = Math.max(stored, inMarks, inWaiting, inDead);
  books.sequence = Math.max(books.sequence, highest);
  return highest;
}

/** @returns the highest sequence number */
async function loadWaiting(db: Level, { lanes, now }: Books, log: Logger): Promise<number> {
  const redating = new Redating(now());
  const stillClaimed = new Map<LaneId, Set<string>>();
  let highest = 0;
  let strange = 0;
  for await (const page of readPages(db, { ...keyRange(WAITING), size: PAGE })) {
    for (const [found, stored] of page) {
      const place = parseRecordKey(found);
      if (place === undefined) {
        strange += 1;
        continue;
      }
      const { lane, time, sequence } = place;
      const { key, value } = redating.look(place, found, stored);
      const { acceptedAt = time, bytes } = measureWaiting(value);
      const isClaimed = lanes.lane(lane).claimed.has(key);
      if (isClaimed) stillClaimed.set(lane, (stillClaimed.get(lane) ?? new Set()).add(key));
      lanes.arrived(lane, key, acceptedAt, bytes);
      lanes.lane(lane).people.foundOnDisk(sequence);
      highest = Math.max(highest, sequence);
    }
    await redating.write(db);
  }
  if (redating.count > 0)
    log.warn(
      { events: redating.count },
      'Events on disk were accepted in the future: the clock was ahead. They count as accepted now.',
    );
  lanes.keepClaims(stillClaimed);
  if (strange > 0) log.error({ records: strange }, 'The outbox holds records with damaged keys; they are passed over.');
  return highest;
}

/** @returns the highest sequence number */
async function loadDead(db: Level, { lanes }: Books): Promise<number> {
  let highest = 0;
  for await (const keys of readKeyPages(db, { ...keyRange(DEAD), size: PAGE })) {
    for (const key of keys) {
      const place = parseRecordKey(key);
      if (place === undefined) continue;
      lanes.countDead(place.lane, 1);
      lanes.lane(place.lane).people.foundOnDisk(place.sequence);
      highest = Math.max(highest, place.sequence);
    }
  }
  return highest;
}
