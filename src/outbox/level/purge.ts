// Takes what concerns somebody out of the outbox: deliveries that wait, and dead letters.

import { PluginError } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';
import type { Level } from '../../level/open-database.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { Delivery, PeopleOf, PurgeChoice, Purged } from '../outbox.js';
import type { Books } from './books.js';
import type { LevelDatabase } from './database.js';
import { type OnceEntry, onceEntry } from './dedupe-index.js';
import type { LaneIndex } from './lanes.js';
import { type Place, type ReadRecord, type Wanted, wantedPeople } from './people.js';
import { personMark } from './person-mark.js';
import {
  DEAD,
  decodeDead,
  decodeWaiting,
  type KeyRange,
  keyRange,
  parseRecordKey,
  type RecordKey,
  recordBytes,
  timeKeyRange,
  WAITING,
} from './records.js';
import type { Writer } from './writer.js';

/** Records read at once. */
const PAGE = 500;

/** Bytes that LevelDB hands over at once. */
const READ_AHEAD = 1 << 20;

/** Records that are looked up at once. Each may be as large as a request. */
const READ_AT_ONCE = 16;

/** Bytes of records that are taken away in one step. */
const STEP_BYTES = 4 << 20;

/** What purging works on. */
export interface PurgeDeps {
  readonly database: LevelDatabase;
  readonly books: Books;
  readonly writer: Writer;
}

/** Whether a record is to go. */
export type Concerns = Extract<PurgeChoice, { readonly people: PeopleOf }>['concerns'];

/** A record that is to go. */
export interface Found {
  readonly key: string;
  readonly isDead: boolean;
  readonly acceptedAt: EpochMs;
  readonly bytes: number;
  readonly sequence: number;
  /** Of its `once` key: it is not sent, so it is not the last word. */
  readonly once?: OnceEntry;
}

function decode(place: RecordKey, key: string, value: string): Pick<Delivery, 'acceptedAt' | 'onceKey' | 'payload'> {
  return place.kind === WAITING ? decodeWaiting(place, key, value).delivery : decodeDead(place, key, value);
}

type Snapshot = ReturnType<Level['snapshot']>;

/** What is looked for, and in whose records. */
interface Search {
  readonly concerns: Concerns;
  /** `undefined`: in all records. */
  readonly people?: SearchedPeople;
}

interface SearchedPeople {
  readonly wanted: Wanted;
  readonly of: PeopleOf['of'];
}

/** One moment of a lane: between two looks a delivery could die or a dead letter be put back, and be in neither. */
interface Look {
  readonly db: Level;
  readonly snapshot: Snapshot;
  /** `undefined`: everywhere. */
  readonly places: readonly Place[] | undefined;
}

function unavailable({ problem }: LevelDatabase): PluginError {
  return new PluginError('OUTBOX_UNAVAILABLE', problem?.code ?? 'closed');
}

/** Between two steps of the writer, when memory knows of all that is on disk and was asked for before. */
async function betweenSteps<T>({ database, writer }: PurgeDeps, act: (db: Level) => T): Promise<T> {
  const done = await writer.write({
    bytes: 0,
    lookUp: [],
    plan: () => () => {
      try {
        return database.db && { result: act(database.db) };
      } catch {
        // It is being closed.
        return undefined;
      }
    },
  });
  if (done === undefined) throw unavailable(database);
  return done.result;
}

/** Reads to the end of the range, where LevelDB says whether it had to pass over anything. */
async function* readAll(
  { db, snapshot }: Look,
  range: KeyRange,
): AsyncGenerator<{ readonly place: RecordKey; readonly key: string; readonly value: string }, void, void> {
  const records = db.iterator({ ...range, snapshot, highWaterMarkBytes: READ_AHEAD });
  try {
    for (;;) {
      const page = await records.nextv(PAGE);
      if (page.length === 0) return;
      for (const [key, value] of page) {
        const place = parseRecordKey(key);
        if (place !== undefined) yield { place, key, value };
      }
    }
  } finally {
    await records.close();
  }
}

function judge({ concerns }: Search, place: RecordKey, key: string, value: string): Found[] {
  const { acceptedAt, onceKey, payload } = decode(place, key, value);
  const lane = partsOfLane(place.lane);
  if (!concerns(payload, lane.target, acceptedAt)) return [];
  const { kind, sequence } = place;
  const once = onceKey === undefined ? {} : { once: onceEntry(lane, onceKey) };
  return [{ key, isDead: kind === DEAD, acceptedAt, bytes: recordBytes(key, value), sequence, ...once }];
}

/** Looks at every record, and lets the lane know whom it is about. */
async function findAmongAll(look: Look, lane: LaneIndex, id: LaneId, search: Search): Promise<Found[]> {
  const found: Found[] = [];
  const read: ReadRecord[] = [];
  for (const range of [keyRange(WAITING, id), keyRange(DEAD, id)]) {
    for await (const { place, key, value } of readAll(look, range)) {
      found.push(...judge(search, place, key, value));
      if (search.people === undefined) continue;
      const { payload } = decode(place, key, value);
      const person = personMark(search.people.of(payload, partsOfLane(place.lane).target) ?? null);
      read.push({ sequence: place.sequence, time: place.time, person });
    }
  }
  if (search.people !== undefined) lane.people.endReading(read);
  return found;
}

/** Places in the order of time, those that overlap as one. */
function merge(places: readonly Place[]): Place[] {
  const merged: { earliest: number; latest: number; sequences: Set<number> }[] = [];
  for (const { earliest, latest, sequences } of places.toSorted((one, other) => one.earliest - other.earliest)) {
    const last = merged.at(-1);
    if (last === undefined || earliest > last.latest) {
      merged.push({ earliest, latest, sequences: new Set(sequences) });
      continue;
    }
    last.latest = Math.max(last.latest, latest);
    for (const sequence of sequences) last.sequences.add(sequence);
  }
  return merged;
}

async function findKeys({ db, snapshot }: Look, range: KeyRange, { sequences }: Place): Promise<string[]> {
  const found: string[] = [];
  const keys = db.keys({ ...range, snapshot, highWaterMarkBytes: READ_AHEAD });
  try {
    for (;;) {
      const page = await keys.nextv(PAGE);
      if (page.length === 0) return found;
      for (const key of page) if (sequences.has(parseRecordKey(key)?.sequence ?? -1)) found.push(key);
    }
  } finally {
    await keys.close();
  }
}

async function findInPlaces(look: Look, id: LaneId, places: readonly Place[], search: Search): Promise<Found[]> {
  const found: Found[] = [];
  for (const place of merge(places)) {
    for (const kind of [WAITING, DEAD] as const) {
      const keys = await findKeys(look, timeKeyRange(kind, id, place.earliest, place.latest), place);
      for (let start = 0; start < keys.length; start += READ_AT_ONCE) {
        const some = keys.slice(start, start + READ_AT_ONCE);
        const values = await look.db.getMany(some, { snapshot: look.snapshot });
        for (const [index, key] of some.entries()) {
          const at = parseRecordKey(key);
          const value = values[index];
          if (at === undefined || value === undefined)
            throw Object.assign(new Error(`Corruption: ${key} cannot be read`), { code: 'LEVEL_CORRUPTION' });
          found.push(...judge(search, at, key, value));
        }
      }
    }
  }
  return found;
}

async function find(deps: PurgeDeps, lane: LaneIndex, id: LaneId, search: Search): Promise<Found[]> {
  const { database } = deps;
  const look = await betweenSteps(deps, (db): Look => {
    const places = search.people && lane.people.find(search.people.wanted);
    if (search.people !== undefined && places === undefined) lane.people.beginReading();
    return { db, snapshot: db.snapshot(), places };
  });
  try {
    try {
      if (look.places !== undefined) return await findInPlaces(look, id, look.places, search);
      return await findAmongAll(look, lane, id, search);
    } finally {
      lane.people.endReading(undefined);
      await look.snapshot.close();
    }
  } catch (error) {
    database.fail(look.db, error);
    throw unavailable(database);
  }
}

/** As many as a step takes: each is looked up whole, and may be as large as a request. */
function* cutIntoSteps(found: readonly Found[]): Generator<readonly Found[], void, void> {
  let start = 0;
  let bytes = 0;
  for (const [index, { bytes: size }] of found.entries()) {
    if (index > start && (index - start >= PAGE || bytes + size > STEP_BYTES)) {
      yield found.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < found.length) yield found.slice(start);
}

/** Takes records out, in one step. @returns how many were still there */
export function removeFound({ books, writer }: PurgeDeps, id: LaneId, found: readonly Found[]): Promise<number> {
  return writer.write({
    bytes: 0,
    lookUp: found.flatMap(({ key, once }) => (once === undefined ? [key] : [key, once.key])),
    plan(step) {
      const there = found.filter(({ key }) => step.get(key) !== undefined);
      for (const { key, once, sequence } of there) {
        step.del(key);
        if (once !== undefined) books.dedupe.giveBack(step, once, sequence);
      }
      return () => {
        for (const { key, isDead, acceptedAt, bytes, sequence } of there) {
          books.lanes.lane(id).people.remove(sequence);
          if (isDead) books.lanes.deadLetterRemoved(id, bytes);
          else books.lanes.left(id, key, acceptedAt, bytes);
        }
        return there.length;
      };
    },
  });
}

/**
 * Alone with the lane, so that no claim that is under way gives out what is taken away here, and none that is settled meanwhile passes for one that waits. What has moved since it was
 * found counts as under way: anyone who looks again finds it where it is now.
 */
function purgeLane(deps: PurgeDeps, id: LaneId, search: Search): Promise<Purged> {
  const lane = deps.books.lanes.lane(id);
  return lane.exclusively(async () => {
    const found = await find(deps, lane, id, search);
    const free = found.filter(({ key }) => !lane.claimed.has(key));
    let removed = 0;
    try {
      for (const some of cutIntoSteps(free)) removed += await removeFound(deps, id, some);
    } catch (error) {
      // What is gone is told: another look finds the rest, or throws.
      if (removed === 0) throw error;
    }
    return { removed, underWay: found.length - removed };
  });
}

/** What is looked for, and in which lanes. */
function searchFor(what: PurgeChoice): Search & { mayHold(id: LaneId, lane: LaneIndex): boolean } {
  if ('target' in what) return { concerns: () => true, mayHold: (id) => partsOfLane(id).target === what.target };
  const { people, concerns } = what;
  const wanted = wantedPeople(people.ids);
  return { concerns, people: { wanted, of: people.of }, mayHold: (_id, lane) => lane.people.mayHold(wanted) };
}

/**
 * Purges the lanes of a workspace, one after another.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE where nothing was taken out; what the disk stopped halfway counts as under way
 */
export async function purgeWorkspace(deps: PurgeDeps, workspaceId: string, what: PurgeChoice): Promise<Purged> {
  const search = searchFor(what);
  const { lanes } = deps.books;
  const some = await betweenSteps(deps, () =>
    lanes.ofWorkspace(workspaceId).filter((id) => search.mayHold(id, lanes.lane(id))),
  );
  let removed = 0;
  let underWay = 0;
  for (const lane of some) {
    try {
      const purged = await purgeLane(deps, lane, search);
      removed += purged.removed;
      underWay += purged.underWay;
    } catch (error) {
      if (removed === 0) throw error;
      return { removed, underWay: underWay + 1 };
    }
  }
  return { removed, underWay };
}
