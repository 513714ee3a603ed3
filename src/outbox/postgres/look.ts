// A look at all lanes with something in them, several times a second: what is new in those that this replica holds, and which have no one.
//
// It jumps in the index from the first row of one lane to the first of the next: lanes in which nothing waits cost nothing.

import type { Queries, Statement } from '../../postgres/connection.js';
import { isUnlocked } from './replica.js';
import { SIGNAL_SECONDS, type Signal } from './signals.js';

/** Lanes with anything in them. A part of statements that begin `with recursive`. */
export const BUSY = `busy(id) as (
    (select lane from event_row order by lane limit 1)
    union all
    select (select r.lane from event_row r where r.lane > b.id order by r.lane limit 1) from busy b where b.id is not null
  )`;

/** Whether the owner of a lane `l` is there. @param gone the value that holds ids of replicas whose sessions are gone */
export const isLive = (gone: string) => `exists (
    select from replica p where p.id = l.owner and p.alive_until > clock_timestamp() and p.id <> all (${gone}::uuid[]))`;

/** `$1` this replica, `$2` replicas whose sessions are gone */
const LOOK: Statement = {
  name: 'look',
  text: `with recursive ${BUSY}, seen as materialized (
    select l.id, l.turn, coalesce(l.owner = $1, false) as mine, ${isLive('$2')} as live,
      case when l.owner = $1 then (select r.seq from event_row r where r.lane = l.id order by r.seq desc limit 1) end as last
    from busy b join lane l on l.id = b.id
  ), others as materialized (
    select id, ${isUnlocked('slot')} as unlocked, alive_until > clock_timestamp() as alive from replica where id <> $1
  )
  select (select count(*) from others where alive and id <> all ($2::uuid[]))::int + 1 as replicas,
    (select count(distinct turn) from seen)::int as busy,
    (select count(distinct turn) from seen where mine)::int as own,
    (select count(*) from seen where not live)::int as open,
    (select coalesce(array_agg(id), '{}') from seen where mine) as lanes,
    (select coalesce(array_agg(last::text), '{}') from seen where mine) as last,
    (select coalesce(array_agg(id::text), '{}') from others where unlocked) as unlocked,
    (select coalesce(json_agg(json_build_object('kind', kind, 'subject', subject, 'at', at::text)), '[]') from signal
      where at > clock_timestamp() - interval '${SIGNAL_SECONDS} s') as signals`,
};

/** What there is. */
export interface Seen {
  /** Replicas that are there, this one included. */
  readonly replicas: number;
  /** Turns with something in one of their lanes: of all replicas, and of this one. */
  readonly busy: number;
  readonly own: number;
  /** Lanes with something in them whose owner is not there. */
  readonly open: number;
  /** Lanes of this replica with something in them, and the last row of each. */
  readonly lanes: readonly number[];
  readonly last: readonly (string | null)[];
  /** Replicas without a session. */
  readonly unlocked: readonly string[];
  readonly signals: readonly Signal[];
}

/** @param gone replicas whose sessions are gone for sure @throws DatabaseError */
export async function look(queries: Queries, replicaId: string, gone: readonly string[]): Promise<Seen> {
  const { rows } = await queries.query<Seen>(LOOK, [replicaId, gone]);
  const [seen] = rows;
  if (seen === undefined) throw new Error('a look came to nothing');
  return seen;
}
