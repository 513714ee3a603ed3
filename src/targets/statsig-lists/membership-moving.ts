// What is known of members of lists is taken from one store to another: from disk to the database, or back. Ids are hashes in both, made in the same way.

import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import type { Membership } from './list-changes.js';
import { createMembershipDatabase, type MembershipDirectory } from './membership-database.js';
import {
  COUNTS,
  countKey,
  LISTS,
  type ListRecord,
  listKey,
  listTag,
  MEMBERSHIPS,
  readList,
  readMembership,
  shareOfWorkspace,
  TIMES,
  tagOfKey,
  timeKey,
  writeList,
  writeMembership,
} from './membership-records.js';

const PAGE = 1_000;

/** What is known of an id on a list. */
export interface MovedMembership extends Membership {
  /** As `hashOfId`. */
  readonly hash: string;
  readonly list: ListRecord;
}

/** A store that nothing else uses. Each call is synced when it resolves. What comes twice does no harm. */
export interface MovableMemberships {
  lists(): Promise<readonly ListRecord[]>;
  /** What is known of members of these lists, all of it, page by page. */
  memberships(lists: readonly ListRecord[]): AsyncIterable<readonly MovedMembership[]>;
  receiveLists(lists: readonly ListRecord[]): Promise<void>;
  /** Of an id of which something is known here the newest counts. The lists were received before. */
  receive(memberships: readonly MovedMembership[]): Promise<void>;
  count(): Promise<{ readonly lists: number; readonly memberships: number }>;
  /** All of it is elsewhere. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** @returns how many were copied; they are still there, too */
export async function moveMemberships(from: MovableMemberships, to: MovableMemberships): Promise<number> {
  const lists = await from.lists();
  await to.receiveLists(lists);
  let moved = 0;
  for await (const page of from.memberships(lists)) {
    await to.receive(page);
    moved += page.length;
  }
  return moved;
}

/** Key and hash of an id in a key of `MEMBERSHIPS`. */
const hashOfKey = (key: string) => key.slice(1, -tagOfKey(key).length);

/** The store on disk. Nothing is opened before the first call. */
export function movableOnDisk(directory: MembershipDirectory): MovableMemberships {
  const connection = createMembershipDatabase(directory, async (db, _hasGaps, commit) => ({ db, commit }));

  async function readLists(db: Level): Promise<readonly ListRecord[]> {
    const lists: ListRecord[] = [];
    for await (const page of readPages(db, { ...LISTS, size: PAGE }))
      lists.push(...page.flatMap(([, value]) => readList(value) ?? []));
    return lists;
  }

  return {
    lists: () => connection.read(({ db }) => readLists(db)),
    async *memberships(lists) {
      const byTag = new Map(lists.map((list) => [listTag(list), list]));
      let after: string = MEMBERSHIPS.gte;
      for (;;) {
        const range = { gte: after, lt: MEMBERSHIPS.lt, size: PAGE };
        const { value: page = [] } = await connection.read(({ db }) => readPages(db, range).next());
        if (page.length === 0) return;
        yield page.flatMap(([key, value]): readonly MovedMembership[] => {
          const list = byTag.get(tagOfKey(key));
          const known = readMembership(value);
          if (list === undefined || known === undefined) return [];
          const { generation, ...membership } = known;
          return [{ ...membership, sure: known.sure && generation === list.generation, hash: hashOfKey(key), list }];
        });
        after = `${page.at(-1)?.[0]}\0`;
      }
    },
    receiveLists: (lists) =>
      connection.write(async ({ db, commit }) => {
        const known = new Set((await readLists(db)).map(listTag));
        const batch = db.batch();
        for (const list of lists) if (!known.has(listTag(list))) batch.put(listKey(list), writeList(list));
        await commit(batch);
      }),
    receive: (memberships) =>
      connection.write(async ({ db, commit }) => {
        const generations = new Map((await readLists(db)).map((list) => [listTag(list), list.generation]));
        const keyed = memberships.map((membership) => {
          const tag = listTag(membership.list);
          return {
            membership,
            key: `r${membership.hash}${tag}`,
            share: shareOfWorkspace(membership.list.workspaceId),
            tag,
          };
        });
        const olds = await db.getMany(keyed.map(({ key }) => key));
        const counts = new Map<string, number>();
        const batch = db.batch();
        for (const [index, { membership, key, share, tag }] of keyed.entries()) {
          const old = readMembership(olds[index]);
          if (old !== undefined && old.time >= membership.time) continue;
          if (old !== undefined) batch.del(timeKey(share, key, old.time));
          else counts.set(share, (counts.get(share) ?? 0) + 1);
          batch.put(timeKey(share, key, membership.time), '');
          batch.put(key, writeMembership(membership, generations.get(tag) ?? 0));
        }
        for (const [share, come] of counts)
          batch.put(countKey(share), String(Number((await db.get(countKey(share))) ?? 0) + come));
        await commit(batch);
      }),
    count: () =>
      connection.read(async ({ db }) => {
        let memberships = 0;
        for await (const page of readPages(db, { ...COUNTS, size: PAGE }))
          for (const [, value] of page) memberships += Number(value) || 0;
        return { lists: (await readLists(db)).length, memberships };
      }),
    clear: () =>
      connection.write(async ({ db }) => {
        for (const range of [MEMBERSHIPS, TIMES, COUNTS, LISTS]) await db.clear(range);
      }),
    close: () => connection.close(),
  };
}

const statement = (name: string, text: string): Statement => ({ name: `move_memberships_${name}`, text });

const ALL_LISTS = statement(
  'lists',
  `select workspace_id as "workspaceId", list_id as "listId", id_type as "idType", generation::float8 as generation, born::float8 as born
    from membership_list`,
);

/** `$1`, `$2` behind which id and list, `$3` how many */
const READ = statement(
  'read',
  `select m.id as hash, m.tag, m.time::float8 as time, m.member, m.sure, m.generation::float8 as generation
    from membership m where (m.id, m.tag) > ($1, $2) order by m.id, m.tag limit $3`,
);

const ADD_LISTS = statement(
  'add_lists',
  `insert into membership_list (tag, workspace_id, list_id, id_type, generation, born)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) on conflict (tag) do nothing`,
);

const ADD = statement(
  'add',
  `with come as (
      insert into membership (id, tag, share, time, member, sure, generation)
      select e.id, e.tag, e.share, e.time, e.member, e.sure, l.generation
      from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bool[], $6::bool[]) e (id, tag, share, time, member, sure)
        join membership_list l on l.tag = e.tag
      order by e.id, e.tag
      on conflict (id, tag) do update set time = excluded.time, member = excluded.member, sure = excluded.sure, generation = excluded.generation
        where membership.time < excluded.time
      returning share, xmax = 0 as is_new
    )
    insert into membership_share (share, count) select share, count(*) from come where is_new group by share order by share
    on conflict (share) do update set count = membership_share.count + excluded.count`,
);

const COUNT = statement(
  'count',
  `select (select count(*) from membership_list)::int as lists, (select coalesce(sum(count), 0) from membership_share)::float8 as memberships`,
);

const CLEAR = ['membership', 'membership_share', 'membership_list'].map((table) =>
  statement(`clear_${table}`, `delete from ${table}`),
);

interface ReadRow extends Membership {
  readonly hash: string;
  readonly tag: string;
  readonly generation: number;
}

type ListRow = Omit<ListRecord, 'born'> & { readonly born: number | null };

async function listsIn(queries: Queries): Promise<readonly ListRecord[]> {
  const { rows } = await queries.query<ListRow>(ALL_LISTS);
  return rows.map(({ born, ...list }) => ({ ...list, ...(born !== null && { born }) }));
}

/** The store in the database. */
export function movableInDatabase(database: Postgres): MovableMemberships {
  return {
    lists: () => listsIn(database),
    async *memberships(lists) {
      const byTag = new Map(lists.map((list) => [listTag(list), list]));
      let [hash, tag] = ['', ''];
      for (;;) {
        const { rows } = await database.query<ReadRow>(READ, [hash, tag, PAGE]);
        const last = rows.at(-1);
        if (last === undefined) return;
        yield rows.flatMap(({ tag: of, generation, ...membership }): readonly MovedMembership[] => {
          const list = byTag.get(of);
          return list === undefined
            ? []
            : [{ ...membership, sure: membership.sure && generation === list.generation, list }];
        });
        ({ hash, tag } = last);
      }
    },
    async receiveLists(lists) {
      await database.query(ADD_LISTS, [
        lists.map(listTag),
        lists.map(({ workspaceId }) => workspaceId),
        lists.map(({ listId }) => listId),
        lists.map(({ idType }) => idType),
        lists.map(({ generation }) => generation),
        lists.map(({ born }) => born ?? null),
      ]);
    },
    async receive(memberships) {
      await database.query(ADD, [
        memberships.map(({ hash }) => hash),
        memberships.map(({ list }) => listTag(list)),
        memberships.map(({ list }) => shareOfWorkspace(list.workspaceId)),
        memberships.map(({ time }) => time),
        memberships.map(({ member }) => member),
        memberships.map(({ sure }) => sure),
      ]);
    },
    async count() {
      const { rows } = await database.query<{ lists: number; memberships: number }>(COUNT);
      return rows[0] ?? { lists: 0, memberships: 0 };
    },
    async clear() {
      await database.transaction(async (queries) => {
        for (const one of CLEAR) await queries.query(one);
      });
    },
    async close() {},
  };
}
