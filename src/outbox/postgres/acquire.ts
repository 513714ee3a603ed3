// Takes lanes that have no one: those of a turn together, and no more than a fair share of those with something in them.
//
// One replica at a time does this, so that two lanes of one turn never come to two replicas: each sees what the one before it has taken.

import type { Postgres, Statement } from '../../postgres/connection.js';
import type { LaneId } from '../lane-id.js';
import type { LaneNote } from '../outbox.js';
import { HeldLane } from './lanes.js';
import { BUSY, isLive } from './look.js';
import { ACQUIRING, isUnlocked, LOCKS } from './replica.js';

/** Lanes that are taken in one step. */
const MOST_LANES = 1_000;

const TRY: Statement = {
  name: 'acquire_try',
  text: `select pg_try_advisory_xact_lock(${LOCKS}, ${ACQUIRING}) as got`,
};

/** Of these replicas, those whose sessions are gone still: one may have come back since. Until the end of the transaction it takes another slot. `$1` replicas */
const STILL_GONE: Statement = {
  name: 'acquire_gone',
  text: `select id::text from replica where id = any ($1::uuid[]) and ${isUnlocked('slot')}`,
};

/** `$1` replicas whose sessions are gone, `$2` lanes that are not wanted */
const OPEN: Statement = {
  name: 'acquire_open',
  text: `with recursive ${BUSY} select l.id, l.name from busy b join lane l on l.id = b.id
    where not ${isLive('$1')} and l.id <> all ($2::int[]) limit ${MOST_LANES}`,
};

/** Turns that somebody has. `$1` this replica, `$2` replicas whose sessions are gone, `$3` turns */
const HELD: Statement = {
  name: 'acquire_held',
  text: `select l.turn, bool_or(l.owner = $1) as mine from lane l where l.turn = any ($3::text[]) and l.owner is not null and ${isLive('$2')} group by l.turn`,
};

/** `$1` this replica, `$2` replicas whose sessions are gone, `$3` lanes, `$4` the turn of each */
const TAKE: Statement = {
  name: 'acquire_take',
  text: `update lane l set owner = $1, epoch = l.epoch + 1, claimed_to = null, turn = t.turn from unnest($3::int[], $4::text[]) t (id, turn)
    where l.id = t.id and not ${isLive('$2')} and exists (select from replica where id = $1 and alive_until > clock_timestamp())
    returning l.id, l.name, l.turn, l.epoch, l.purges, l.note,
      (select sum(n - coalesce(cardinality(done), 0)) from event_row e where e.lane = l.id)::int as waiting,
      (select min(accepted_at) from event_row e where e.lane = l.id) as oldest`,
};

/** What may be taken. */
export interface AcquireSettings {
  readonly database: Postgres;
  readonly replicaId: string;
  /** Replicas whose sessions were gone at the last looks. */
  readonly gone: readonly string[];
  /** Turns, beside the lanes of turns that this replica has already. */
  readonly share: number;
  /** Lanes that are not to be taken. */
  readonly unwanted: readonly number[];
  readonly turnOf: (lane: LaneId) => string;
}

interface OpenLane {
  readonly id: number;
  readonly name: LaneId;
}

interface TakenLane extends OpenLane {
  readonly turn: string;
  readonly epoch: string;
  readonly purges: number;
  readonly note: LaneNote | null;
  readonly waiting: number | null;
  readonly oldest: Date | null;
}

/** @returns what was taken; `undefined` where another replica is at it @throws DatabaseError */
export async function acquire(settings: AcquireSettings): Promise<readonly HeldLane[] | undefined> {
  const { database, replicaId, gone: seenGone, unwanted, turnOf } = settings;
  return database.transaction(async (queries) => {
    const { rows: tried } = await queries.query<{ readonly got: boolean }>(TRY);
    if (tried[0]?.got !== true) return undefined;
    const { rows: stillGone } =
      seenGone.length === 0 ? { rows: [] } : await queries.query<{ readonly id: string }>(STILL_GONE, [seenGone]);
    const gone = stillGone.map(({ id }) => id);
    const { rows: open } = await queries.query<OpenLane>(OPEN, [gone, unwanted]);
    if (open.length === 0) return [];
    const turns = new Map(open.map(({ id, name }) => [id, turnOf(name)]));
    const { rows: held } = await queries.query<{ readonly turn: string; readonly mine: boolean }>(HELD, [
      ...[replicaId, gone, [...new Set(turns.values())]],
    ]);
    const chosen = choose(settings, turns, new Map(held.map(({ turn, mine }) => [turn, mine])));
    if (chosen.length === 0) return [];
    const { rows: taken } = await queries.query<TakenLane>(TAKE, [
      ...[replicaId, gone, chosen, chosen.map((id) => turns.get(id))],
    ]);
    return taken.map(({ note, epoch, waiting, oldest, ...lane }) => {
      const held = new HeldLane({ ...lane, epoch: Number(epoch), note: note ?? undefined });
      held.waiting = waiting ?? 0;
      held.oldestAcceptedAt = oldest?.getTime();
      return held;
    });
  });
}

/** @param held whether a turn that somebody has is this replica's */
function choose(
  { share }: AcquireSettings,
  turns: ReadonlyMap<number, string>,
  held: ReadonlyMap<string, boolean>,
): readonly number[] {
  const free = new Set([...turns.values()].filter((turn) => !held.has(turn)));
  const more = new Set([...free].slice(0, Math.max(0, share)));
  return [...turns].flatMap(([id, turn]) => (more.has(turn) || held.get(turn) === true ? [id] : []));
}
