// Finds what is due in a lane and gives it out once.

import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { Level } from '../../level/open-database.js';
import { readKeyPages, readPages } from '../../level/pages.js';
import type { LaneId } from '../lane-id.js';
import type { Delivery, Settlement } from '../outbox.js';
import type { LevelDatabase } from './database.js';
import type { LaneIndex, Lanes } from './lanes.js';
import { decodeWaiting, dueLimit, keyRange, parseRecordKey, recordBytesWith, WAITING } from './records.js';
import type { Room } from './room.js';

/** Records a scan reads at once. */
const PAGE = 500;

/** Keys read at once to find the next due one; as a rule the first is it. */
const NEXT_DUE_PAGE = 4;

/** Bytes of records that a scan may hold beyond those wanted: ids beside the payload, and what became a dead letter. Such are as large as requests may be. */
const HELD_BYTES = 4 << 20;

/** Deliveries a scan may find expired or damaged before they are settled. */
const MOST_DEAD = 1000;

/** The database as claiming sees it. */
type OpenDatabase = Pick<LevelDatabase, 'db' | 'fail'>;

/** What claiming works on. */
export interface ClaimSettings {
  readonly database: OpenDatabase;
  readonly lanes: Lanes;
  /** Milliseconds an event may wait after it was accepted. */
  readonly maxAgeMs: number;
  readonly room: Pick<Room, 'spares'>;
  readonly settle: (settlements: readonly Settlement[]) => Promise<void>;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

interface Wanted {
  readonly lane: LaneId;
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * Claims what is due; what is too old or damaged becomes a dead letter (`expired`, `damaged`) instead. A dead
 * letter is written before its event is taken away: while the disk has no room for that, nothing expires, and what is too old is due like the rest.
 *
 * @returns nothing, too, while the disk cannot be read
 */
export function claimDue(settings: ClaimSettings, wanted: Wanted): Promise<readonly Delivery[]> {
  const { database, lanes, settle } = settings;
  const lane = lanes.lane(wanted.lane);
  return lane.exclusively(async () => {
    for (;;) {
      const db = database.db;
      if (db === undefined) return [];
      const found = await readOrFail(database, db, () => scan(settings, db, lane, wanted));
      if (found === undefined) return [];
      if (found.dead.length === 0) return found.due;
      try {
        await settle(found.dead);
      } catch {
        // The disk takes nothing. All of it is found again once it does.
        for (const { key } of [...found.due, ...found.dead.map(({ delivery }) => delivery)]) lane.claimed.delete(key);
        lane.lowerFloor(keyRange(WAITING, wanted.lane).gte);
        return [];
      }
      if (found.due.length > 0) return found.due;
    }
  });
}

/** When the lane's next unclaimed delivery is due; `undefined` also while the disk cannot be read. */
export function findNextDue(database: OpenDatabase, lanes: Lanes, id: LaneId): Promise<number | undefined> {
  const lane = lanes.lane(id);
  return lane.exclusively(async () => {
    const db = database.db;
    if (db === undefined || lane.waiting === 0) return undefined;
    // Counted before the disk is read: what arrives meanwhile need not be found.
    const unclaimed = lane.waiting - lane.claimed.size;
    return readOrFail(database, db, async () => {
      const { gte, lt } = keyRange(WAITING, id);
      for await (const keys of readKeyPages(db, { gte: later(gte, lane.floor), lt, size: NEXT_DUE_PAGE })) {
        for (const key of keys) {
          const place = parseRecordKey(key);
          if (place !== undefined && !lane.claimed.has(key)) return place.time;
        }
      }
      // Anyone who opens the database anew counts, and says what is gone.
      if (unclaimed > 0) throw new VanishedError(id, unclaimed);
      return undefined;
    });
  });
}

/** Records that were written are not on disk any more. */
class VanishedError extends Error {
  readonly code = 'RECORDS_GONE';

  constructor(lane: LaneId, records: number) {
    super(`${records} waiting events of ${lane} are not on the disk any more`);
  }
}

async function readOrFail<T>(database: OpenDatabase, db: Level, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    database.fail(db, error);
    return undefined;
  }
}

interface Found {
  readonly due: Delivery[];
  readonly dead: Settlement[];
  /** Bytes of their records, by key. */
  readonly sizes: Map<string, number>;
}

async function scan(settings: ClaimSettings, db: Level, lane: LaneIndex, wanted: Wanted): Promise<Found> {
  const range = keyRange(WAITING, wanted.lane);
  const start = later(range.gte, lane.floor);
  // What is written meanwhile, and not seen by this scan, lowers it again.
  lane.floor = range.lt;
  let end = start;
  try {
    const found: Found = { due: [], dead: [], sizes: new Map() };
    end = await walk(settings, db, lane, wanted, found, start);
    for (const [key, bytes] of found.sizes) lane.claimed.set(key, bytes);
    return found;
  } finally {
    lane.lowerFloor(end);
  }
}

/** @returns where the next scan may start */
async function walk(
  settings: ClaimSettings,
  db: Level,
  lane: LaneIndex,
  { lane: id, maxEvents, maxBytes }: Wanted,
  { due, dead, sizes }: Found,
  start: string,
): Promise<string> {
  const { maxAgeMs, room, log } = settings;
  const now = settings.now();
  const most = Math.max(maxEvents, 1);
  const page = { gte: start, lt: dueLimit(id, now), size: Math.min(PAGE, most), bytes: Math.min(maxBytes, HELD_BYTES) };
  let bytes = 0;
  let held = 0;
  let deadBytes = 0;
  let end = start;
  for await (const entries of readPages(db, page)) {
    for (const [key, value] of entries) {
      const place = parseRecordKey(key);
      if (place !== undefined && !lane.claimed.has(key)) {
        if (due.length >= most || dead.length >= MOST_DEAD || held >= maxBytes + HELD_BYTES) return key;
        held += value.length;
        const { delivery, damaged } = decodeWaiting(place, key, value);
        const payloadBytes = Buffer.byteLength(delivery.payload);
        const isExpired = delivery.acceptedAt < now - maxAgeMs && room.spares(deadBytes + value.length);
        if (damaged || isExpired) {
          deadBytes += value.length;
          if (damaged) log.error({ lane: id, key }, 'A delivery on disk is damaged; it becomes a dead letter.');
          dead.push({ kind: 'dead', delivery, reason: damaged ? 'damaged' : 'expired', answer: '' });
        } else {
          bytes += payloadBytes;
          if (due.length > 0 && bytes > maxBytes) return key;
          due.push(delivery);
        }
        sizes.set(key, recordBytesWith(key, value, delivery.payload, payloadBytes));
      }
      end = `${key}\0`;
    }
  }
  return end;
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}
