// Counts what is on disk when the database was opened, and compares it with what was written down.

import type { Logger } from '../../base/logger.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import type { LaneId } from '../lane-id.js';
import type { Books } from './books.js';
import { Ledger } from './ledger.js';
import { compareLanes } from './losses.js';
import {
  BOOKS_KEY,
  DEAD,
  deadPersonOf,
  decodeBooks,
  decodeTally,
  keyRange,
  LEDGER,
  parseRecordKey,
  readWaitingHead,
  recordBytes,
  type Tally,
  WAITING,
} from './records.js';
import { Redating } from './redate.js';
import type { Step } from './step.js';

const PAGE = 1000;

/** Where versions before the first counted one kept the highest sequence number. */
const EARLY_SEQUENCE_KEY = 'm:sequence';

/** What the disk holds. */
export interface Loaded {
  /** The highest sequence number. */
  readonly sequence: number;
  /** Operations that loading wrote. */
  readonly operations: number;
  /** What was written down is not what is there: said for people. */
  readonly losses: readonly string[];
  /** It was written by a version that writes counts. */
  readonly isCounted: boolean;
  /** Puts the counts right. */
  correct(step: Step): void;
}

/**
 * Fills the counters from disk, in one streaming pass; a claim whose delivery is gone from disk is forgotten.
 *
 * @throws NewerFormatError before anything is read
 */
export async function loadBooks(db: Level, books: Books, log: Logger): Promise<Loaded> {
  const stored = await readStored(db);
  books.lanes.reset();
  books.ledger.reset();
  const early = Number((await db.get(EARLY_SEQUENCE_KEY)) ?? 0) || 0;
  const inIndex = await books.dedupe.load(db);
  const { highest: inWaiting, operations } = await loadWaiting(db, books, stored, log);
  const inDead = await loadDead(db, books, log);
  books.lanes.allFound();
  const sequence = Math.max(early, stored.sequence, inIndex, inWaiting, inDead);
  books.sequence = Math.max(books.sequence, sequence);
  const losses = stored.isCounted ? compareLanes(stored, books.ledger) : [];
  return {
    sequence,
    operations,
    losses,
    isCounted: stored.isCounted,
    correct: (step) => books.ledger.writeAll(step, books.sequence, stored.keys),
  };
}

/** What was written down. */
export interface Stored {
  readonly isCounted: boolean;
  /** The highest sequence number; 0 where it cannot be read. */
  readonly sequence: number;
  /** What can be read of the counts. */
  readonly ledger: Ledger;
  /** Lanes whose counts cannot be read, as keys name them; the empty name is that of all. */
  readonly unreadable: ReadonlySet<string>;
  readonly keys: readonly string[];
}

async function readStored(db: Level): Promise<Stored> {
  const value = await db.get(BOOKS_KEY);
  const books = value === undefined ? undefined : decodeBooks(value);
  const lanes = new Map<string, Tally>();
  const unreadable = new Set<string>();
  const keys: string[] = [];
  for await (const page of readPages(db, { gte: LEDGER, lt: `${LEDGER}\uffff`, size: PAGE })) {
    for (const [key, text] of page) {
      const lane = key.slice(LEDGER.length);
      const tally = decodeTally(key, text);
      if (tally === undefined) unreadable.add(lane);
      else lanes.set(lane, tally);
      keys.push(key);
    }
  }
  const isCounted = value !== undefined || keys.length > 0;
  if (isCounted && books === undefined) unreadable.add('');
  return { isCounted, sequence: books?.sequence ?? 0, ledger: Ledger.from(lanes, books), unreadable, keys };
}

interface Waiting {
  /** The highest sequence number. */
  readonly highest: number;
  /** Operations that were written. */
  readonly operations: number;
}

async function loadWaiting(db: Level, books: Books, stored: Stored, log: Logger): Promise<Waiting> {
  const { lanes, ledger } = books;
  const readAt = books.now();
  const redating = new Redating(readAt);
  const stillClaimed = new Map<LaneId, Map<string, number>>();
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
      const head = readWaitingHead(value);
      const acceptedAt = head.acceptedAt ?? time;
      const bytes = recordBytes(key, value);
      const isClaimed = lanes.lane(lane).claimed.has(key);
      if (isClaimed) stillClaimed.set(lane, (stillClaimed.get(lane) ?? new Map()).set(key, bytes));
      lanes.arrived(lane, key, acceptedAt, bytes);
      lanes.lane(lane).people.foundOnDisk({ sequence, time: key === found ? time : readAt, person: head.person });
      ledger.added(key);
      highest = Math.max(highest, sequence);
    }
    await redating.write(db, stored);
  }
  if (redating.count > 0)
    log.warn(
      { events: redating.count },
      'Events on disk were accepted in the future: the clock was ahead. They count as accepted now.',
    );
  books.foundUntil = highest > 0 ? readAt : 0;
  lanes.keepClaims(stillClaimed);
  complain(strange, log);
  return { highest, operations: redating.operations };
}

/** @returns the highest sequence number */
async function loadDead(db: Level, { lanes, ledger }: Books, log: Logger): Promise<number> {
  let highest = 0;
  let strange = 0;
  for await (const page of readPages(db, { ...keyRange(DEAD), size: PAGE })) {
    for (const [key, value] of page) {
      const place = parseRecordKey(key);
      if (place === undefined) {
        strange += 1;
        continue;
      }
      lanes.died(place.lane, place.time, recordBytes(key, value));
      lanes.lane(place.lane).people.foundOnDisk({ ...place, person: deadPersonOf(value) });
      ledger.added(key);
      highest = Math.max(highest, place.sequence);
    }
  }
  complain(strange, log);
  return highest;
}

function complain(strange: number, log: Logger): void {
  if (strange > 0) log.error({ records: strange }, 'The outbox holds records with damaged keys; they are passed over.');
}
