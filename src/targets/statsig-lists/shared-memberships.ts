// Remembers in the database, under hashes, which ids are on which lists as of when, for all replicas.

import type { EpochMs } from '../../base/time.js';
import type { Postgres, Queries } from '../../postgres/connection.js';
import { hashOfId, type ListName, listTag, shareOfWorkspace } from './membership-records.js';
import type { DatedMembership, IdMembership, ListMembership, MembershipStore } from './membership-store.js';

/** Milliseconds since 1970 by the clock of the database. */
const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** Of a list that is another one by the same name. */
const RENEWED = `greatest(membership_list.generation + 1, ${NOW})`;

const KNOWN = {
  name: 'membership_known',
  text: `select m.id, m.time::float8 as time, m.member, m.sure and m.generation = l.generation as sure
    from membership m join membership_list l using (tag) where m.tag = $1 and m.id = any($2)`,
};

/** The row of the list is taken first: what is remembered of one list is written by one replica after another, and by one generation. */
const REMEMBER = {
  name: 'membership_remember',
  text: `with list as (
      insert into membership_list (tag, workspace_id, list_id, id_type, generation) values ($1, $2, $3, $4, ${NOW})
      on conflict (tag) do update set tag = excluded.tag returning generation
    ), entry as (
      select e.*, list.generation from list, unnest($6::text[], $7::bigint[], $8::bool[], $9::bool[], $10::bigint[], $11::bool[])
        as e (id, time, member, sure, was_time, was_member)
    ), known as (
      update membership m set time = e.time, member = e.member, sure = e.sure, generation = e.generation from entry e
      where m.tag = $1 and m.id = e.id
        and ($12 or (m.time = e.time and m.member = e.member) or (m.time = e.was_time and m.member = e.was_member))
      returning m.id
    ), come as (
      insert into membership (id, tag, share, time, member, sure, generation)
      select id, $1, $5, time, member, sure, generation from entry where id not in (select id from known)
      on conflict (id, tag) do nothing returning id
    ), counted as (
      insert into membership_share (share, count) select $5, count(*) from come having count(*) > 0
      on conflict (share) do update set count = membership_share.count + excluded.count returning share
    )
    select count(*)::int as come from come`,
};

const MEET = {
  name: 'membership_meet',
  text: `insert into membership_list (tag, workspace_id, list_id, id_type, generation, born) values ($1, $2, $3, $4, ${NOW}, $5)
    on conflict (tag) do update set id_type = excluded.id_type,
      generation = case when membership_list.born <> excluded.born then ${RENEWED} else membership_list.generation end,
      born = coalesce(excluded.born, membership_list.born)`,
};

const LOST = {
  name: 'membership_lost',
  text: `update membership_list set generation = ${RENEWED}, born = null where tag = $1`,
};

const LISTS = {
  name: 'membership_lists',
  text: 'select list_id as "listId", id_type as "idType" from membership_list where workspace_id = $1',
};

const LISTS_OF = {
  name: 'membership_lists_of',
  text: `select l.list_id as "listId", l.id_type as "idType", m.time::float8 as time
    from membership m join membership_list l using (tag)
    where m.id = $1 and (m.member or not m.sure or m.generation <> l.generation)`,
};

/** Who has the most, and how many more than the next one, of how many all have. */
const LARGEST = {
  name: 'membership_largest',
  text: `select share, count::float8 as count, (sum(count) over ())::float8 as total from membership_share
    order by count desc limit 2`,
};

const FORGET = {
  name: 'membership_forget',
  text: `with gone as (
      delete from membership where (id, tag) in (
        select id, tag from membership where share = $1 order by time limit $2 for update skip locked
      ) returning id
    ), counted as (
      update membership_share set count = count - (select count(*) from gone) where share = $1 returning share
    )
    select count(*)::int as gone from gone`,
};

interface KnownRow {
  readonly id: string;
  readonly time: EpochMs;
  readonly member: boolean;
  readonly sure: boolean;
}

interface ShareRow {
  readonly share: string;
  readonly count: number;
  readonly total: number;
}

/** Forgotten by one statement. */
const PAGE = 5_000;

/** Where all together have more than fit, the workspace that has the most forgets its oldest event times. */
async function forgetOldest(database: Queries, max: number): Promise<void> {
  for (;;) {
    const [largest, next] = (await database.query<ShareRow>(LARGEST)).rows;
    const excess = (largest?.total ?? 0) - max;
    if (largest === undefined || excess <= 0) return;
    const lead = largest.count - (next?.count ?? 0);
    const { rows } = await database.query<{ gone: number }>(FORGET, [
      largest.share,
      Math.min(excess, Math.max(1, lead), PAGE),
    ]);
    // Others are at it.
    if ((rows[0]?.gone ?? 0) === 0) return;
  }
}

const rowOf = ({ workspaceId, listId }: ListName) => [listTag({ workspaceId, listId }), workspaceId, listId];

/** The memberships of all replicas. Nothing is asked before the first call. @param maxMemberships beyond it the workspace that has the most forgets those with the oldest times */
export function createSharedMemberships(database: Postgres, maxMemberships: number): MembershipStore {
  return {
    async known(list, ids) {
      const hashes = ids.map((id) => hashOfId(list.workspaceId, id));
      const { rows } = await database.query<KnownRow>(KNOWN, [listTag(list), hashes]);
      const found = new Map(rows.map(({ id, ...membership }) => [id, membership] as const));
      return hashes.map((hash) => found.get(hash));
    },
    async remember(list, idType, entries, was) {
      const column = <T>(of: (entry: IdMembership, index: number) => T) => entries.map(of);
      const { rows } = await database.query<{ come: number }>(REMEMBER, [
        ...rowOf(list),
        idType,
        shareOfWorkspace(list.workspaceId),
        column(({ id }) => hashOfId(list.workspaceId, id)),
        column(({ time }) => time),
        column(({ member }) => member),
        column(({ sure }) => sure),
        column((_, index) => was?.[index]?.time ?? null),
        column((_, index) => was?.[index]?.member ?? null),
        was === undefined,
      ]);
      if ((rows[0]?.come ?? 0) > 0) await forgetOldest(database, maxMemberships);
    },
    async meet(list, { idType, born }) {
      await database.query(MEET, [...rowOf(list), idType, born ?? null]);
    },
    async lost(list) {
      await database.query(LOST, [listTag(list)]);
    },
    async lists(workspaceId) {
      return (await database.query<ListMembership>(LISTS, [workspaceId])).rows;
    },
    async listsOf(workspaceId, id) {
      return (await database.query<DatedMembership>(LISTS_OF, [hashOfId(workspaceId, id)])).rows;
    },
    async close() {},
  };
}
