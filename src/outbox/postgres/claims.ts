// Gives out what waits in a lane, in the order in which it was stored, and writes down how far.
//
// Rows are read in the order of the index, a bounded number at a time: anything that makes PostgreSQL sort or scan the lane costs the more the more waits.

import type { Logger } from '../../base/logger.js';
import type { Queries, Statement } from '../../postgres/connection.js';
import { partsOfLane } from '../lane-id.js';
import type { Delivery, Settlement } from '../outbox.js';
import type { DatabaseClock } from './database-clock.js';
import { deliveryKey } from './delivery-keys.js';
import type { ClaimedRow, HeldLane } from './lanes.js';
import { readStoredRow } from './stored-rows.js';

/** A row whose transaction ended late has a lower number than others that are claimed already. It is found by a look from the first row on. */
const FROM_START_MS = 2_000;

const DAMAGED = 'A row of events cannot be read; it becomes a dead letter.';

/** Rows that a statement reads at most. */
const MOST_ROWS = 1_000;

/** Rows that a statement reads at least: a row more tells that there are more. */
const LEAST_ROWS = 8;

/** Events that a claim may find expired before they are settled. */
const MOST_DEAD = 1_000;

/**
 * The next rows, and how far the lane is claimed, in one statement: a purge sees the one with the other, or waits for both. A row is claimed whole.
 *
 * `$1` lane, `$2` owner, `$3` epoch, `$4` behind this row, `$5` but for these, `$6` rows, `$7` events, `$8` bytes, `$9` purges, `$10` claimed so far
 */
const CLAIM: Statement = {
  name: 'claim',
  text: `with head as materialized (
    select seq, n - coalesce(cardinality(done), 0) as events, bytes from event_row
    where lane = $1 and seq > $4 and seq <> all($5::bigint[]) order by seq limit $6
  ), cut as materialized (
    select min(seq) as first, max(seq) as last, count(*) as rows from (
      select seq, sum(events) over w - events as events, sum(bytes) over w - bytes as bytes
      from head window w as (order by seq rows unbounded preceding)
    ) summed where events < $7 and bytes < $8
  ), own as (
    update lane set claimed_to = greatest($10::bigint, (select last from cut))
    where id = $1 and owner = $2 and epoch = $3 and purges = $9 and (select rows from cut) > 0 returning id
  )
  select (select count(*) from head)::int as head, (select count(*) from own)::int as own, (select rows from cut)::int as cut,
    outbox_now() as now, r.seq, r.n, r.accepted_at, r.attempts, r.done, r.events
  from (select 1) one left join event_row r
    on r.lane = $1 and r.seq >= (select first from cut) and r.seq <= (select last from cut) and r.seq <> all($5::bigint[])
    and exists (select from own)`,
};

/** Whether the lane is still held, and how often it was purged. `$1` lane, `$2` owner, `$3` epoch */
const LOOK_AGAIN: Statement = {
  name: 'claim_again',
  text: 'select purges from lane where id = $1 and owner = $2 and epoch = $3',
};

/** `$1` lane, `$2` owner, `$3` epoch, `$4` claimed to */
const PUT_BACK: Statement = {
  name: 'put_back',
  text: 'update lane set claimed_to = $4::bigint where id = $1 and owner = $2 and epoch = $3',
};

/** `$1` lane, `$2` but for these rows */
const NEXT: Statement = {
  name: 'next_row',
  text: `select seq, (extract(epoch from outbox_now() - accepted_at) * 1000)::float8 as age_ms
    from event_row where lane = $1 and seq <> all($2::bigint[]) order by seq limit 1`,
};

interface ReadRow {
  readonly head: number;
  readonly own: number;
  readonly cut: number;
  readonly now: Date;
  readonly seq: string | null;
  readonly n: number;
  readonly accepted_at: Date;
  readonly attempts: readonly number[] | null;
  readonly done: readonly number[] | null;
  readonly events: string;
}

/** What claiming works with. */
export interface ClaimDeps {
  readonly database: Queries;
  readonly clock: DatabaseClock;
  readonly replicaId: () => string;
  /** Milliseconds an event may wait after it was accepted. */
  readonly maxAgeMs: number;
  readonly log: Logger;
  /** Settles within the lane's turn. */
  settle(lane: HeldLane, settlements: readonly Settlement[]): Promise<'settled' | 'lost'>;
  /** The lane is another's. */
  lose(lane: HeldLane): void;
}

/** What is wanted, and what is found of it so far. */
interface Search {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly due: Delivery[];
  readonly dead: Settlement[];
  bytes: number;
  isFull: boolean;
}

/**
 * Claims what is next. What is too old or damaged becomes a dead letter, `expired` or `damaged`, instead.
 *
 * @throws DatabaseError: nothing is claimed
 */
export function claim(
  deps: ClaimDeps,
  lane: HeldLane,
  maxEvents: number,
  maxBytes: number,
): Promise<readonly Delivery[]> {
  return lane.turns.run(async () => {
    const search = { maxEvents: Math.max(maxEvents, 1), maxBytes, due: [], dead: [], bytes: 0, isFull: false };
    try {
      await fill(deps, lane, search);
    } catch (error) {
      // What was found before goes back: who asks again finds all of it.
      takeBack(lane, search);
      throw error;
    }
    if (!lane.isLost) return search.due;
    return [];
  });
}

/**
 * To the end of what is there when it is read: what comes meanwhile is the next claim's, which is told of it. A database that answers slowly would else be asked for ever, while all that was
 * found waits.
 */
async function fill(deps: ClaimDeps, lane: HeldLane, search: Search): Promise<void> {
  let isAtEnd = lane.isDry && performance.now() - lane.readFromStartAt < FROM_START_MS;
  for (;;) {
    takeFree(deps, lane, search);
    if (search.dead.length > 0 && (search.dead.length >= MOST_DEAD || search.isFull || isAtEnd)) {
      if ((await deps.settle(lane, search.dead)) === 'lost') return;
      search.dead.length = 0;
      continue;
    }
    if (search.isFull || isAtEnd) return;
    const read = await readMore(deps, lane, search);
    if (read === 'lost') return;
    isAtEnd = read === 'end';
  }
}

/** What was read and is not given out, up to the limits. */
function takeFree(deps: ClaimDeps, lane: HeldLane, search: Search): void {
  const { workspaceId, target } = partsOfLane(lane.name);
  const oldest = deps.clock.now() - deps.maxAgeMs;
  const rows = [...lane.rows.values()].filter(({ seq, free }) => free.length > 0 && seq <= lane.readTo);
  for (const row of rows.sort((one, other) => one.seq - other.seq)) {
    let taken = 0;
    for (const position of row.free) {
      const event = row.events.get(position);
      if (search.due.length >= search.maxEvents || search.dead.length >= MOST_DEAD) {
        search.isFull = true;
        break;
      }
      taken += 1;
      if (event === undefined) continue;
      const { messageId, onceKey, acceptedAt, payload } = event;
      const delivery = {
        ...{ workspaceId, target, messageId, payload, acceptedAt },
        ...(onceKey === undefined ? {} : { onceKey }),
        key: deliveryKey({ lane: lane.id, seq: row.seq, position }),
        attempts: row.attempts.get(position) ?? 0,
      };
      if (row.isDamaged || acceptedAt < oldest) {
        const reason = row.isDamaged ? 'damaged' : 'expired';
        if (row.isDamaged) deps.log.error({ lane: lane.name, row: row.seq }, DAMAGED);
        search.dead.push({ kind: 'dead', delivery, reason, answer: '' });
      } else {
        const bytes = Buffer.byteLength(payload);
        if (search.due.length > 0 && search.bytes + bytes > search.maxBytes) {
          taken -= 1;
          search.isFull = true;
          break;
        }
        search.bytes += bytes;
        search.due.push(delivery);
      }
      row.given.add(position);
    }
    row.free = row.free.slice(taken);
    if (search.isFull) return;
  }
  search.isFull = search.due.length >= search.maxEvents || (search.due.length > 0 && search.bytes >= search.maxBytes);
}

function takeBack(lane: HeldLane, { due, dead }: Search): void {
  const keys = new Set([...due, ...dead.map(({ delivery }) => delivery)].map(({ key }) => key));
  for (const row of [...lane.rows.values()]) {
    for (const position of row.given)
      if (keys.has(deliveryKey({ lane: lane.id, seq: row.seq, position }))) row.given.delete(position);
    if (row.given.size === 0) lane.forget(row.seq);
    else row.free = [...row.events.keys()].filter((position) => !row.given.has(position));
  }
}

/** @returns `end`: there was nothing behind what it read; `lost`: nothing of the lane may be given out */
async function readMore(
  deps: ClaimDeps,
  lane: HeldLane,
  { maxEvents, maxBytes, due, bytes }: Search,
): Promise<'more' | 'end' | 'lost'> {
  const { database, clock, lose } = deps;
  const begunAt = performance.now();
  const isFromStart = begunAt - lane.readFromStartAt >= FROM_START_MS;
  const from = isFromStart ? 0 : lane.readTo;
  const isAtEnd = lane.lookToEnd();
  const events = maxEvents - due.length;
  const most = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.ceil((1.25 * events) / lane.eventsPerRow) + 1));
  const { rows } = await database.query<ReadRow>(CLAIM, [
    ...[
      lane.id,
      deps.replicaId(),
      lane.epoch,
      from,
      [...lane.rows.keys()],
      most,
      events,
      Math.max(1, maxBytes - bytes),
    ],
    ...[lane.purges, lane.claimedTo],
  ]);
  const [first] = rows;
  if (first === undefined || lane.isLost) return 'lost';
  clock.heard(first.now);
  if (first.head > 0 && first.own === 0) {
    const again = await database.query<{ readonly purges: number }>(LOOK_AGAIN, [
      ...[lane.id, deps.replicaId(), lane.epoch],
    ]);
    const [held] = again.rows;
    if (held === undefined) {
      lose(lane);
      return 'lost';
    }
    lane.purges = held.purges;
    return 'more';
  }
  if (isFromStart) lane.readFromStartAt = begunAt;
  const isEnd = first.head < most && first.cut === first.head;
  if (isEnd) isAtEnd();
  let last = lane.readTo;
  let live = 0;
  for (const row of rows) {
    if (row.seq === null) continue;
    const claimed = claimedRow(row);
    live += claimed.free.length;
    lane.rows.set(claimed.seq, claimed);
    last = Math.max(last, claimed.seq);
  }
  if (first.cut > 0) lane.eventsPerRow = Math.max(1, live / first.cut);
  lane.readTo = last;
  return isEnd ? 'end' : 'more';
}

function claimedRow({ seq, n: count, attempts, done, events: text, accepted_at: at }: ReadRow): ClaimedRow {
  const read = readStoredRow({ events: text, acceptedAt: at.getTime(), done }, count);
  const events = new Map(read.events.map((event) => [event.position, event]));
  return {
    seq: Number(seq),
    count,
    events,
    attempts: new Map(attempts?.map((tries, index) => [index + 1, tries])),
    free: [...events.keys()],
    given: new Set(),
    isDamaged: read.isDamaged,
  };
}

/** For how many milliseconds the next event that is not claimed has been stored, by the database's clock; `undefined` where there is none. @throws DatabaseError */
export function findNextAge(
  { database, clock }: Pick<ClaimDeps, 'database' | 'clock'>,
  lane: HeldLane,
): Promise<number | undefined> {
  return lane.turns.run(async () => {
    const times = [...lane.rows.values()].flatMap(({ events, free }) => {
      const [position] = free;
      const event = position === undefined ? undefined : events.get(position);
      return event === undefined ? [] : [event.acceptedAt];
    });
    if (times.length > 0) return clock.now() - Math.min(...times);
    if (lane.isDry || lane.isLost) return undefined;
    const isAtEnd = lane.lookToEnd();
    const { rows } = await database.query<{ readonly seq: string; readonly age_ms: number }>(NEXT, [
      ...[lane.id, [...lane.rows.keys()]],
    ]);
    const [next] = rows;
    if (next === undefined) isAtEnd();
    // It came late, or was put back: the next claim finds it at once.
    else if (Number(next.seq) <= lane.readTo) lane.readFromStartAt = Number.NEGATIVE_INFINITY;
    return next?.age_ms;
  });
}

/**
 * What was read ahead and is not given out is as if it had never been read, so that others find it free.
 *
 * @throws DatabaseError: it counts as claimed until the next settlement
 */
export function putBackUnused(
  { database, replicaId }: Pick<ClaimDeps, 'database' | 'replicaId'>,
  lane: HeldLane,
): Promise<void> {
  return lane.turns.run(async () => {
    const unused = [...lane.rows.values()].filter(({ given }) => given.size === 0);
    if (unused.length === 0) return;
    for (const { seq } of unused) lane.forget(seq);
    await database.query(PUT_BACK, [lane.id, replicaId(), lane.epoch, lane.claimedTo]);
  });
}
