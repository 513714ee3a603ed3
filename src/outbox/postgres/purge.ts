// Takes what concerns somebody, or all of a target, out of the outbox: events that wait, and dead letters.
//
// Each step locks the row of its lane, so that no claim is made meanwhile, and counts itself in it: a claim that was read before reads anew. What is claimed, by whichever replica, lies before
// `claimed_to` and stays.

import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { PurgeChoice, Purged } from '../outbox.js';
import { COUNT_LETTERS, type LetterRow, readLetter } from './dead-letter-rows.js';
import { type RowEvent, withoutEvents } from './event-rows.js';
import { NO_PERSON, peopleNumbers } from './keys.js';
import { giveBackOnce } from './once.js';
import { readStoredRow } from './stored-rows.js';

/** Rows, or dead letters, of a step. */
const ROWS = 100;
const LETTERS = 1_000;

/** `$1` workspace */
const LANES: Statement = { name: 'purge_lanes', text: 'select id, name from lane where workspace = $1' };

/** `$1` lane */
const LOCK: Statement = { name: 'purge_lock', text: 'select claimed_to from lane where id = $1 for update' };

const COUNT: Statement = { name: 'purge_count', text: 'update lane set purges = purges + 1 where id = $1' };

/** An index over many values of a row is read through a bitmap or not at all; elsewhere a bitmap is the way to sort a lane. */
const BY_PERSON: Statement = {
  name: 'purge_by_person',
  text: `select set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true)`,
};

/** `$1` people. Also of other workspaces: few, and they are passed over */
const OF_PEOPLE: Statement = {
  name: 'purge_people',
  text: 'select lane, seq from event_row where people && $1::int[]',
};

/** `$1` lane, `$2` rows */
const READ: Statement = {
  name: 'purge_read',
  text: 'select seq, accepted_at, done, events from event_row where lane = $1 and seq = any ($2::bigint[])',
};

/** `$1` lane, `$2` row, `$3` done, `$4` people, `$5` text */
const REWRITE: Statement = {
  name: 'purge_rewrite',
  text: `update event_row set done = $3::int[], people = $4::int[], events = $5, bytes = octet_length($5::text) where lane = $1 and seq = $2`,
};

const DELETE: Statement = {
  name: 'purge_delete',
  text: 'delete from event_row where lane = $1 and seq = any ($2::bigint[])',
};

/** `$1` lane, `$2` behind this row. The text comes along where the list before it seems to have a `once` key. */
const DELETE_ALL: Statement = {
  name: 'purge_delete_all',
  text: `delete from event_row where lane = $1 and seq = any (array(select seq from event_row where lane = $1 and seq > $2 order by seq limit ${ROWS}))
    returning seq, n, accepted_at, done, n - coalesce(cardinality(done), 0) as events,
      case when left(events, strpos(events, E'\\n')) ~ ',-?\\d+,\\d+,\\d+,"' then events end as text`,
};

/** `$1` lane, `$2` up to this row */
const CLAIMED: Statement = {
  name: 'purge_claimed',
  text: 'select coalesce(sum(n - coalesce(cardinality(done), 0)), 0)::int as events from event_row where lane = $1 and seq <= $2',
};

const LETTER_COLUMNS = 'id, lane, person, reason, accepted_at, attempts, bytes, died_at, letter';

/** `$1` lane, `$2` people, `$3` behind this one */
const LETTERS_OF: Statement = {
  name: 'purge_letters_of',
  text: `select ${LETTER_COLUMNS} from dead_letter where lane = $1 and person = any ($2::int[]) and id > $3 order by id limit ${LETTERS}`,
};

const DROP: Statement = {
  name: 'purge_letters',
  text: 'delete from dead_letter where lane = $1 and id = any ($2::bigint[]) returning bytes',
};

const DROP_ALL: Statement = {
  name: 'purge_letters_all',
  text: `delete from dead_letter where id = any (array(select id from dead_letter where lane = $1 order by died_at, id limit ${LETTERS})) returning bytes`,
};

interface NamedLane {
  readonly id: number;
  readonly name: LaneId;
}

interface StoredText {
  readonly seq: string;
  readonly accepted_at: Date;
  readonly done: readonly number[] | null;
  readonly events: string;
}

type People = Exclude<PurgeChoice, { readonly target: string }>;

/** What purging works with. */
export interface PurgeDeps {
  readonly database: Postgres;
  /** Told how much less waits in a lane. */
  readonly removed: (laneId: number, events: number) => void;
}

/**
 * Purges the lanes of a workspace, one after another.
 *
 * @throws DatabaseError where nothing was taken out; what the database stopped halfway counts as under way
 */
export async function purge(deps: PurgeDeps, workspaceId: string, what: PurgeChoice): Promise<Purged> {
  const { database } = deps;
  const { rows: lanes } = await database.query<NamedLane>(LANES, [workspaceId]);
  const total = { removed: 0, underWay: 0 };
  const steps = 'target' in what ? purgeTarget(deps, lanes, what.target) : purgePeople(deps, workspaceId, lanes, what);
  try {
    for await (const { removed, underWay } of steps) {
      total.removed += removed;
      total.underWay += underWay;
    }
  } catch (error) {
    if (total.removed === 0) throw error;
    total.underWay += 1;
  }
  return total;
}

/** Locks the lane and counts the purge. @returns up to which row it is claimed */
async function lock(queries: Queries, lane: NamedLane): Promise<number> {
  const { rows } = await queries.query<{ readonly claimed_to: string | null }>(LOCK, [lane.id]);
  await queries.query(COUNT, [lane.id]);
  return Number(rows[0]?.claimed_to ?? 0);
}

async function* purgeTarget(
  { database, removed: tell }: PurgeDeps,
  lanes: readonly NamedLane[],
  target: string,
): AsyncGenerator<Purged, void, void> {
  for (const lane of lanes.filter(({ name }) => partsOfLane(name).target === target)) {
    for (;;) {
      const { rows, removed } = await database.transaction(async (queries) => deleteRows(queries, lane));
      tell(lane.id, removed);
      yield { removed, underWay: 0 };
      if (rows < ROWS) break;
    }
    for (;;) {
      const { count } = await database.transaction(async (queries) => dropLetters(queries, lane, DROP_ALL, [lane.id]));
      yield { removed: count, underWay: 0 };
      if (count < LETTERS) break;
    }
    const underWay = await database.transaction(async (queries) => {
      const claimedTo = await lock(queries, lane);
      const { rows } = await queries.query<{ readonly events: number }>(CLAIMED, [lane.id, claimedTo]);
      return rows[0]?.events ?? 0;
    });
    yield { removed: 0, underWay };
  }
}

async function deleteRows(queries: Queries, lane: NamedLane): Promise<{ rows: number; removed: number }> {
  const claimedTo = await lock(queries, lane);
  const { rows } = await queries.query<
    Omit<StoredText, 'events'> & { readonly n: number; readonly events: number; readonly text: string | null }
  >(DELETE_ALL, [lane.id, claimedTo]);
  const withOnce = rows.flatMap(({ seq, n, accepted_at: at, done, text }) =>
    text === null
      ? []
      : readStoredRow({ events: text, acceptedAt: at.getTime(), done }, n).events.map((event) => ({ seq, event })),
  );
  await giveBack(queries, lane, withOnce);
  return { rows: rows.length, removed: rows.reduce((sum, { events }) => sum + events, 0) };
}

async function dropLetters(
  queries: Queries,
  lane: NamedLane,
  statement: Statement,
  values: readonly unknown[],
): Promise<{ readonly count: number }> {
  await lock(queries, lane);
  const { rows, count } = await queries.query<{ readonly bytes: number }>(statement, values);
  if (count > 0) {
    const bytes = rows.reduce((sum, each) => sum + each.bytes, 0);
    await queries.query(COUNT_LETTERS, [lane.id, -count, -bytes]);
  }
  return { count };
}

async function giveBack(
  queries: Queries,
  lane: NamedLane,
  events: readonly { readonly seq: string; readonly event: RowEvent }[],
): Promise<void> {
  await giveBackOnce(
    queries,
    events.flatMap(({ seq, event: { onceKey, position } }) =>
      onceKey === undefined ? [] : [{ ...partsOfLane(lane.name), onceKey, seq, position }],
    ),
  );
}

async function* purgePeople(
  deps: PurgeDeps,
  workspaceId: string,
  lanes: readonly NamedLane[],
  what: People,
): AsyncGenerator<Purged, void, void> {
  const numbers = peopleNumbers(workspaceId, what.people.ids);
  const before = await findRows(deps.database, lanes, numbers);
  yield* purgeFound(deps, lanes, before, what);
  for (const lane of lanes) yield { removed: await purgeLetters(deps.database, lane, numbers, what), underWay: 0 };
  // A dead letter that was put back meanwhile was in neither.
  const after = await findRows(deps.database, lanes, numbers);
  const news = [...after].map(([id, seqs]) => {
    const seen = new Set(before.get(id));
    return [id, seqs.filter((seq) => !seen.has(seq))] as const;
  });
  yield* purgeFound(deps, lanes, new Map(news), what);
}

/** Numbers of rows, by lane. */
type FoundRows = ReadonlyMap<number, readonly string[]>;

/** @returns rows in which something of these people may be */
async function findRows(
  database: Postgres,
  lanes: readonly NamedLane[],
  numbers: readonly number[],
): Promise<FoundRows> {
  const { rows } = await database.transaction(async (queries) => {
    await queries.query(BY_PERSON);
    return queries.query<{ readonly lane: number; readonly seq: string }>(OF_PEOPLE, [numbers]);
  });
  const found = new Map<number, string[]>(lanes.map(({ id }) => [id, []]));
  for (const { lane, seq } of rows) found.get(lane)?.push(seq);
  return found;
}

async function* purgeFound(
  { database, removed: tell }: PurgeDeps,
  lanes: readonly NamedLane[],
  found: FoundRows,
  what: People,
): AsyncGenerator<Purged, void, void> {
  for (const lane of lanes) {
    const rows = found.get(lane.id) ?? [];
    for (let start = 0; start < rows.length; start += ROWS) {
      const some = rows.slice(start, start + ROWS);
      const purged = await database.transaction(async (queries) => purgeRows(queries, lane, some, what));
      tell(lane.id, purged.removed);
      yield purged;
    }
  }
}

/** What was moved by a settlement meanwhile is gone, or claimed. */
async function purgeRows(
  queries: Queries,
  lane: NamedLane,
  seqs: readonly string[],
  { concerns }: People,
): Promise<Purged> {
  const claimedTo = await lock(queries, lane);
  const { target } = partsOfLane(lane.name);
  const { rows } = await queries.query<StoredText>(READ, [lane.id, seqs]);
  const gone: string[] = [];
  const withOnce: { readonly seq: string; readonly event: RowEvent }[] = [];
  const purged = { removed: 0, underWay: 0 };
  for (const { seq, accepted_at: at, done, events: text } of rows) {
    const before = new Set(done);
    // What was delivered of a row lies in it until all of it was.
    const { events: all, isDamaged } = readStoredRow({ events: text, acceptedAt: at.getTime() });
    if (isDamaged) continue;
    const theirs = all.filter(({ payload, acceptedAt }) => concerns(payload, target, acceptedAt));
    const waiting = theirs.filter(({ position }) => !before.has(position));
    if (Number(seq) <= claimedTo) {
      purged.underWay += waiting.length;
      continue;
    }
    if (theirs.length === 0) continue;
    purged.removed += waiting.length;
    withOnce.push(...waiting.map((event) => ({ seq, event })));
    const positions = new Set(theirs.map(({ position }) => position));
    const left = all.filter(({ position }) => !positions.has(position));
    const rewritten = withoutEvents(text, positions);
    if (rewritten === undefined || left.every(({ position }) => before.has(position))) {
      gone.push(seq);
      continue;
    }
    const people = [...new Set(left.map(({ person }) => person))].filter((person) => person !== NO_PERSON);
    await queries.query(REWRITE, [lane.id, seq, [...new Set([...before, ...positions])], people, rewritten]);
  }
  if (gone.length > 0) await queries.query(DELETE, [lane.id, gone]);
  await giveBack(queries, lane, withOnce);
  return purged;
}

async function purgeLetters(
  database: Postgres,
  lane: NamedLane,
  numbers: readonly number[],
  { concerns }: People,
): Promise<number> {
  let after = '0';
  let removed = 0;
  for (;;) {
    const { rows } = await database.query<Omit<LetterRow, 'name'>>(LETTERS_OF, [lane.id, numbers, after]);
    const theirs = rows.filter((row) => {
      const { payload, target, acceptedAt } = readLetter({ ...row, name: lane.name });
      return concerns(payload, target, acceptedAt);
    });
    const ids = theirs.map(({ id }) => id);
    if (ids.length > 0) {
      const dropped = await database.transaction(async (queries) => dropLetters(queries, lane, DROP, [lane.id, ids]));
      removed += dropped.count;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < LETTERS) return removed;
    after = last.id;
  }
}
