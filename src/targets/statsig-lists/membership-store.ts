// Remembers on disk, under hashes, which ids are on which lists as of when.

import { existsSync } from 'node:fs';
import type { Share, Shares } from '../../base/shares.js';
import type { EpochMs } from '../../base/time.js';
import type { Commit } from '../../level/lazy-database.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import type { Membership } from './list-changes.js';
import { createMembershipDatabase, type MembershipDirectory } from './membership-database.js';
import {
  countKey,
  LISTS,
  type ListName,
  type ListRecord,
  listKey,
  listTag,
  membershipKey,
  membershipsOf,
  readList,
  readMembership,
  shareOfWorkspace,
  tagOfKey,
  timeKey,
  writeList,
  writeMembership,
} from './membership-records.js';
import { findShare, forgetOldest, loadShares } from './membership-shares.js';

/** Where memberships are kept and how many. */
export interface MembershipStoreOptions extends MembershipDirectory {
  /** Beyond it the workspace that has the most forgets those with the oldest times. */
  readonly maxMemberships: number;
}

/** What is to be remembered of one id. */
export interface IdMembership extends Membership {
  readonly id: string;
}

/** A list that an id may be on. */
export interface ListMembership {
  readonly listId: string;
  readonly idType: string;
}

/** The same, as of when. */
export interface DatedMembership extends ListMembership {
  /** Of the newest change. */
  readonly time: EpochMs;
}

/** What Statsig says of a list. */
export interface ListFacts {
  readonly idType: string;
  readonly born?: EpochMs;
}

/** The memberships. Every function throws an Error when the disk does not do its part; the next call tries anew. */
export interface MembershipStore {
  /** @returns what is known of each id, in the same order */
  known(list: ListName, ids: readonly string[]): Promise<readonly (Membership | undefined)[]>;
  /**
   * Resolves when it is synced to disk.
   *
   * @param entries at most one for each id
   * @param was what was known of each when it was decided what to do about it. Where several replicas remember, an id of which something else is known by now is left as it is: another one has
   *   the list, and knows better
   */
  remember(
    list: ListName,
    idType: string,
    entries: readonly IdMembership[],
    was?: readonly (Membership | undefined)[],
  ): Promise<void>;
  /** The list was looked at. When it is not the one that was known by its name, nothing that is known of its members is sure any more. */
  meet(list: ListName, facts: ListFacts): Promise<void>;
  /** The list is gone: nothing that is known of its members is sure any more. */
  lost(list: ListName): Promise<void>;
  /** Lists of a workspace of which anything is known. */
  lists(workspaceId: string): Promise<readonly ListMembership[]>;
  /** Lists which the id may be on, as far as known. */
  listsOf(workspaceId: string, id: string): Promise<readonly DatedMembership[]>;
  close(): Promise<void>;
}

interface Opened {
  readonly db: Level;
  /** Writes and syncs. */
  readonly commit: Commit;
  /** By tag. */
  readonly lists: Map<string, ListRecord>;
  /** Of the workspaces. */
  readonly shares: Shares<Share>;
}

const PAGE = 1_000;

async function saveLists({ db, commit }: Pick<Opened, 'db' | 'commit'>, lists: readonly ListRecord[]): Promise<void> {
  const batch = db.batch();
  for (const list of lists) batch.put(listKey(list), writeList(list));
  await commit(batch);
}

/** Nothing is opened before the first call. */
export function createMembershipStore(options: MembershipStoreOptions): MembershipStore {
  const { directory, now, maxMemberships } = options;
  const connection = createMembershipDatabase(options, load);

  const renewed = ({ born: _, ...list }: ListRecord): ListRecord => ({
    ...list,
    generation: Math.max(list.generation + 1, now()),
  });

  async function load(db: Level, hasGaps: boolean, commit: Commit): Promise<Opened> {
    const lists = new Map<string, ListRecord>();
    for await (const page of readPages(db, { ...LISTS, size: PAGE })) {
      for (const [, value] of page) {
        const list = readList(value);
        if (list !== undefined) lists.set(listTag(list), hasGaps ? renewed(list) : list);
      }
    }
    if (hasGaps) await saveLists({ db, commit }, [...lists.values()]);
    return { db, commit, lists, shares: await loadShares(db, commit, lists, hasGaps) };
  }

  async function saveList(opened: Opened, list: ListRecord): Promise<void> {
    await saveLists(opened, [list]);
    opened.lists.set(listTag(list), list);
  }

  const recordOf = ({ lists }: Opened, { workspaceId, listId }: ListName, idType: string): ListRecord =>
    lists.get(listTag({ workspaceId, listId })) ?? { workspaceId, listId, idType, generation: now() };

  async function put(opened: Opened, list: ListRecord, entries: readonly IdMembership[]): Promise<void> {
    const tag = listTag(list);
    const keys = entries.map(({ id }) => membershipKey(list, id, tag));
    const olds = await opened.db.getMany(keys);
    const share = findShare(opened.shares, shareOfWorkspace(list.workspaceId));
    const batch = opened.db.batch();
    let come = 0;
    for (const [index, entry] of entries.entries()) {
      const key = keys[index] ?? '';
      const old = readMembership(olds[index]);
      if (old === undefined) come += 1;
      if (old?.time !== entry.time) {
        if (old !== undefined) batch.del(timeKey(share.name, key, old.time));
        batch.put(timeKey(share.name, key, entry.time), '');
      }
      batch.put(key, writeMembership(entry, list.generation));
    }
    await opened.commit(batch.put(countKey(share.name), String(share.count + come)));
    opened.shares.change(share, come);
    await forgetOldest(opened, come, maxMemberships);
  }

  return {
    known: (list, ids) =>
      connection.read(async ({ db, lists }) => {
        const tag = listTag(list);
        const generation = lists.get(tag)?.generation;
        const values = await db.getMany(ids.map((id) => membershipKey(list, id, tag)));
        return values.map((value) => {
          const membership = readMembership(value);
          return membership && { ...membership, sure: membership.sure && membership.generation === generation };
        });
      }),
    remember: (list, idType, entries) =>
      connection.write(async (opened) => {
        const record = recordOf(opened, list, idType);
        if (!opened.lists.has(listTag(list))) await saveList(opened, record);
        await put(opened, record, entries);
      }),
    meet: (list, { idType, born }) =>
      connection.write(async (opened) => {
        const old = recordOf(opened, list, idType);
        const isOther = born !== undefined && old.born !== undefined && born !== old.born;
        await saveList(opened, { ...(isOther ? renewed(old) : old), idType, ...(born !== undefined && { born }) });
      }),
    lost: (list) =>
      connection.write(async (opened) => {
        const old = opened.lists.get(listTag(list));
        if (old !== undefined) await saveList(opened, renewed(old));
      }),
    async lists(workspaceId) {
      if (!connection.wasOpen && !existsSync(directory)) return [];
      return connection.read(async ({ lists }) =>
        [...lists.values()]
          .filter((list) => list.workspaceId === workspaceId)
          .map(({ listId, idType }) => ({ listId, idType })),
      );
    },
    async listsOf(workspaceId, id) {
      if (!connection.wasOpen && !existsSync(directory)) return [];
      return connection.read(async ({ db, lists }) => {
        const found: DatedMembership[] = [];
        for await (const page of readPages(db, { ...membershipsOf(workspaceId, id), size: PAGE })) {
          for (const [key, value] of page) {
            const list = lists.get(tagOfKey(key));
            const membership = readMembership(value);
            if (list === undefined || membership === undefined) continue;
            const isSure = membership.sure && membership.generation === list.generation;
            const { listId, idType } = list;
            if (membership.member || !isSure) found.push({ listId, idType, time: membership.time });
          }
        }
        return found;
      });
    },
    close: () => connection.close(),
  };
}
