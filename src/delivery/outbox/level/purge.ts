// Takes what concerns somebody out of the outbox: deliveries that wait, and dead letters.

import { PluginError } from '../../../errors.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { Outbox, Purged } from '../outbox.js';
import type { LevelDatabase } from './database.js';
import type { Books } from './events.js';
import {
  DEAD,
  decodeDead,
  decodeWaiting,
  type KeyRange,
  keyRange,
  parseRecordKey,
  type RecordKey,
  WAITING,
} from './records.js';
import type { Level } from './step.js';
import type { Writer } from './writer.js';

/** Records read at once. */
const PAGE = 500;

/** Bytes that LevelDB hands over at once. */
const READ_AHEAD = 1 << 20;

/** What purging works on. */
export interface PurgeDeps {
  readonly database: LevelDatabase;
  readonly books: Books;
  readonly writer: Writer;
}

/** Whether a record is to go. */
export type Concerns = Parameters<Outbox['purge']>[1];

interface Found {
  readonly key: string;
  readonly isDead: boolean;
  readonly acceptedAt: number;
  readonly bytes: number;
}

function decode(
  place: RecordKey,
  key: string,
  value: string,
): { readonly acceptedAt: number; readonly payload: string } {
  return place.kind === WAITING ? decodeWaiting(place, key, value).delivery : decodeDead(place, key, value);
}

type Snapshot = ReturnType<Level['snapshot']>;

/** Reads to the end of the range, where LevelDB says whether it had to pass over anything. */
async function findIn(db: Level, snapshot: Snapshot, range: KeyRange, concerns: Concerns): Promise<Found[]> {
  const found: Found[] = [];
  const records = db.iterator({ ...range, snapshot, highWaterMarkBytes: READ_AHEAD });
  try {
    for (;;) {
      const page = await records.nextv(PAGE);
      if (page.length === 0) return found;
      for (const [key, value] of page) {
        const place = parseRecordKey(key);
        if (place === undefined) continue;
        const { acceptedAt, payload } = decode(place, key, value);
        if (concerns(payload, partsOfLane(place.lane).target, acceptedAt))
          found.push({ key, isDead: place.kind === DEAD, acceptedAt, bytes: Buffer.byteLength(payload) });
      }
    }
  } finally {
    await records.close();
  }
}

/** One moment of the lane: between two looks a delivery could die or a dead letter be put back, and be in neither. */
async function find(database: LevelDatabase, id: LaneId, concerns: Concerns): Promise<Found[]> {
  const { db } = database;
  if (db === undefined) throw new PluginError('OUTBOX_UNAVAILABLE', database.problem?.code ?? 'closed');
  try {
    const snapshot = db.snapshot();
    try {
      const waiting = await findIn(db, snapshot, keyRange(WAITING, id), concerns);
      return [...waiting, ...(await findIn(db, snapshot, keyRange(DEAD, id), concerns))];
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    database.fail(db, error);
    throw new PluginError('OUTBOX_UNAVAILABLE', database.problem?.code ?? 'closed');
  }
}

/**
 * In the lane's turn, so that no claim that is under way gives out what is taken away here, and none that is settled meanwhile passes for one that waits. What has moved since it was
 * found counts as under way: whoever looks again finds it where it is now.
 */
function purgeLane({ database, books, writer }: PurgeDeps, id: LaneId, concerns: Concerns): Promise<Purged> {
  const lane = books.lanes.lane(id);
  return lane.inTurn(async () => {
    const found = await find(database, id, concerns);
    const free = found.filter(({ key }) => !lane.claimed.has(key));
    if (free.length === 0) return { removed: 0, underWay: found.length };
    const removed = await writer.write({
      bytes: 0,
      lookUp: free.map(({ key }) => key),
      plan(step) {
        const there = free.filter(({ key }) => step.get(key) !== undefined);
        for (const { key } of there) step.del(key);
        return () => {
          for (const { key, isDead, acceptedAt, bytes } of there) {
            if (isDead) books.lanes.countDead(id, -1);
            else books.lanes.left(id, key, acceptedAt, bytes);
          }
          return there.length;
        };
      },
    });
    return { removed, underWay: found.length - removed };
  });
}

/**
 * Purges the lanes of a workspace, one after another.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE; what was taken out by then stays out
 */
export async function purgeWorkspace(deps: PurgeDeps, workspaceId: string, concerns: Concerns): Promise<Purged> {
  let removed = 0;
  let underWay = 0;
  for (const lane of deps.books.lanes.ofWorkspace(workspaceId)) {
    const purged = await purgeLane(deps, lane, concerns);
    removed += purged.removed;
    underWay += purged.underWay;
  }
  return { removed, underWay };
}
