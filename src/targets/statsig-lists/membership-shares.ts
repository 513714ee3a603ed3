// How many memberships each workspace has on disk, and which are forgotten where all together are too many.

import { type Share, Shares } from '../../base/shares.js';
import type { Commit } from '../../level/lazy-database.js';
import type { Level } from '../../level/open-database.js';
import { readKeyPages, readPages } from '../../level/pages.js';
import {
  COUNTS,
  countKey,
  keyOfTime,
  type ListRecord,
  OLD_COUNT,
  OLD_TIMES,
  shareOfCount,
  shareOfTime,
  shareOfWorkspace,
  TIMES,
  tagOfKey,
  timeKeyOfOld,
  timesOf,
} from './membership-records.js';

/** Keys read at once, and moved at once. */
const PAGE = 2_000;

/** What a workspace has; nothing yet where it is new. */
export function findShare(shares: Shares<Share>, name: string): Share {
  return shares.find(name) ?? shares.add({ name, count: 0 });
}

/**
 * What each workspace has. It is written down, and counted only where that may be wrong or is not there yet.
 *
 * @param lists by tag
 * @param hasGaps what is on disk may be incomplete or old
 */
export async function loadShares(
  db: Level,
  commit: Commit,
  lists: ReadonlyMap<string, ListRecord>,
  hasGaps: boolean,
): Promise<Shares<Share>> {
  const isOld = (await db.get(OLD_COUNT)) !== undefined;
  const known = isOld || hasGaps ? undefined : await readCounts(db);
  if (known !== undefined) return known;
  await moveOldTimes(db, commit, lists);
  return countTimes(db, commit);
}

/** @returns `undefined` when one cannot be read */
async function readCounts(db: Level): Promise<Shares<Share> | undefined> {
  const shares = new Shares<Share>();
  for await (const page of readPages(db, { ...COUNTS, size: PAGE })) {
    for (const [key, value] of page) {
      if (!/^[0-9]{1,15}$/.test(value)) return undefined;
      shares.change(findShare(shares, shareOfCount(key)), Number(value));
    }
  }
  return shares;
}

/** Earlier versions sorted the memberships of all workspaces together. A membership of a list whose record cannot be read is of no known workspace, and goes. */
async function moveOldTimes(db: Level, commit: Commit, lists: ReadonlyMap<string, ListRecord>): Promise<void> {
  const names = new Map([...lists].map(([tag, { workspaceId }]) => [tag, shareOfWorkspace(workspaceId)]));
  for await (const keys of readKeyPages(db, { ...OLD_TIMES, size: PAGE })) {
    const batch = db.batch();
    for (const key of keys) {
      const name = names.get(tagOfKey(key));
      batch.del(key);
      if (name === undefined) batch.del(keyOfTime(key));
      else batch.put(timeKeyOfOld(name, key), '');
    }
    await commit(batch);
  }
}

async function countTimes(db: Level, commit: Commit): Promise<Shares<Share>> {
  const shares = new Shares<Share>();
  for await (const keys of readKeyPages(db, { ...TIMES, size: PAGE })) {
    for (const key of keys) shares.change(findShare(shares, shareOfTime(key)), 1);
  }
  const batch = db.batch();
  for await (const keys of readKeyPages(db, { ...COUNTS, size: PAGE })) for (const key of keys) batch.del(key);
  for (const { name, count } of shares.values()) batch.put(countKey(name), String(count));
  // Last: until here, another start would do all of it again.
  await commit(batch.del(OLD_COUNT));
  return shares;
}

/**
 * Where all together have more than fit, the workspace that has the most forgets its oldest event times: none can push out what is remembered of another that
 * has less.
 *
 * @param come how many have come since the last call
 * @throws what the disk throws; the shares are wrong then, and have to be loaded anew
 */
export async function forgetOldest(
  { db, commit, shares }: { readonly db: Level; readonly commit: Commit; readonly shares: Shares<Share> },
  come: number,
  max: number,
): Promise<void> {
  const excess = new Map<Share, number>();
  for (let since = come; shares.total > max; since = 1) {
    const share = shares.findLargest(since);
    if (share === undefined) break;
    shares.change(share, -1);
    excess.set(share, (excess.get(share) ?? 0) + 1);
  }
  if (excess.size === 0) return;
  const batch = db.batch();
  for (const [{ name, count }, limit] of excess) {
    for (const key of await db.keys({ ...timesOf(name), limit }).all()) batch.del(key).del(keyOfTime(key));
    batch.put(countKey(name), String(count));
  }
  await commit(batch);
}
