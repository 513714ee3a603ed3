// What is remembered of members has a bound for all workspaces together: one that fills it pushes out its own, never what is remembered of another.

import assert from 'node:assert/strict';
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import {
  type ListRecord,
  listKey,
  listTag,
  membershipKey,
  writeList,
  writeMembership,
} from '../../../src/targets/statsig-lists/membership-records.js';
import { createMembershipStore, type MembershipStore } from '../../../src/targets/statsig-lists/membership-store.js';
import { type ConsoleStandIn, startConsole } from '../../../testkit/console-stand-in.js';
import { FakeClock } from '../../../testkit/fake-clock.js';
import {
  audiencesOf,
  inShort,
  keepingLog,
  NOON,
  openIdLists,
  send,
  storeDirectory,
} from '../../../testkit/id-list-rig.js';

const MAX = 100;

/** Everything in a closed store. */
async function recordsOf(directory: string): Promise<readonly (readonly [string, string])[]> {
  const database = new ClassicLevel<string, string>(directory);
  const records = await database.iterator().all();
  await database.close();
  return records;
}

/** Memberships and what finds the oldest of them are as many, and no more than fit. */
async function assertBounded(directory: string, max = MAX): Promise<void> {
  const records = await recordsOf(directory);
  const memberships = new Set(records.map(([key]) => key).filter((key) => key.startsWith('r')));
  assert.ok(memberships.size > 0 && memberships.size <= max, `${memberships.size} memberships`);
  const found = records.map(([key]) => /^[tw].*(r.{24})$/.exec(key)?.[1]).filter((key) => key !== undefined);
  assert.deepEqual(new Set(found), memberships);
  assert.equal(found.length, memberships.size);
}

function openTwo(context: TestContext, statsig: ConsoleStandIn, clock: FakeClock, directory: string) {
  const lists = openIdLists(context, { directory, clock, maxMemberships: MAX });
  const targetOf = (workspaceId: string, listId: string) =>
    lists.targetOf(audiencesOf(statsig.url, { workspaceId }), listId);
  return { vip: targetOf('acme', 'vip'), crowd: targetOf('globex', 'crowd'), close: lists.close };
}

test('a workspace that floods its list does not push out the newest event times of another: an old event of that one changes nothing, before and after a restart', async (context) => {
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now });
  statsig.make('vip');
  statsig.make('crowd');
  const directory = storeDirectory(context);
  for (const run of [0, 1]) {
    const { vip, crowd, close } = openTwo(context, statsig, clock, directory);
    if (run === 0) assert.equal(inShort(await send(vip, ['+ada@10', '+bob@11'])), 'delivered 200');
    for (let batch = 0; batch < 4; batch += 1) {
      const ids = Array.from({ length: 60 }, (_, index) => `+user-${run}-${batch}-${index}@${1_000 + index}`);
      assert.equal(inShort(await send(crowd, ids)), 'delivered 200');
    }
    assert.equal(inShort(await send(vip, ['-ada@5', '-bob@6'])), 'delivered 200');
    await close();
    assert.deepEqual(statsig.idsOn('vip'), ['ada', 'bob'], `run ${run}`);
    await assertBounded(directory);
    clock.advance(60_000);
  }
});

/** Writes a store as format 1 had it. @param owners lists, with how many members as of when, the first so many ms after noon */
async function writeOldStore(directory: string, owners: readonly (readonly [ListRecord, number, number])[]) {
  const database = new ClassicLevel<string, string>(directory);
  await database.open();
  let total = 0;
  for (const [list, count, first] of owners) {
    await database.put(listKey(list), writeList(list));
    for (let index = 0; index < count; index += 1) {
      const key = membershipKey(list, `user-${index}`, listTag(list));
      const time = NOON + first + index;
      await database.put(key, writeMembership({ time, member: true, sure: true }, list.generation));
      await database.put(`t${time.toString(36).padStart(11, '0')}${key}`, '');
      total += 1;
    }
  }
  await database.put('count', String(total));
  await database.put('format', '1');
  await database.close();
}

const VIP: ListRecord = { workspaceId: 'acme', listId: 'vip', idType: 'userID', generation: 1 };
const CROWD: ListRecord = { workspaceId: 'globex', listId: 'crowd', idType: 'userID', generation: 1 };

function openStore(context: TestContext, directory: string, maxMemberships: number): MembershipStore {
  const store = createMembershipStore({ directory, maxMemberships, now: () => NOON, log: keepingLog() });
  context.after(() => store.close());
  return store;
}

/** Which of so many users are known, by number. */
async function usersKnown(store: MembershipStore, list: ListRecord, count: number): Promise<readonly number[]> {
  const known = await store.known(
    list,
    Array.from({ length: count }, (_, index) => `user-${index}`),
  );
  return known.flatMap((each, index) => (each === undefined ? [] : [index]));
}

const oneTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const comers = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${index}`,
    time: NOON + 10_000,
    member: true,
    sure: true,
  }));

test('a store of an earlier version is taken over, with who has how many: who had the most gives way first', async (context) => {
  const directory = storeDirectory(context);
  await writeOldStore(directory, [
    [VIP, 30, 0],
    [CROWD, 70, 100],
  ]);
  const store = openStore(context, directory, MAX);
  assert.deepEqual(await usersKnown(store, VIP, 30), oneTo(0, 30));
  await store.remember(VIP, 'userID', comers(10, 'more'));
  await store.remember({ ...VIP, workspaceId: 'initech' }, 'userID', comers(10, 'new'));
  await store.close();
  const again = openStore(context, directory, MAX);
  assert.deepEqual(await usersKnown(again, VIP, 30), oneTo(0, 30));
  assert.deepEqual(await usersKnown(again, CROWD, 70), oneTo(20, 70));
  await again.close();
  await assertBounded(directory);
  const records = await recordsOf(directory);
  assert.deepEqual(records.flatMap(([key, value]) => (/^n/.test(key) ? [value] : [])).sort(), ['10', '40', '50']);
  assert.deepEqual(
    records.filter(([key]) => /^(t|count)/.test(key)),
    [],
  );
});

test('a take-over that was cut off goes on at the next start, and then all are counted', async (context) => {
  const [whole, cut] = [storeDirectory(context), storeDirectory(context)];
  const owners = [
    [VIP, 30, 0],
    [CROWD, 70, 100],
  ] as const;
  await writeOldStore(whole, owners);
  const first = openStore(context, whole, MAX);
  await first.known(VIP, ['user-0']);
  await first.close();
  const moved = (await recordsOf(whole)).filter(([key]) => key.startsWith('w'));
  assert.equal(moved.length, 100);
  await writeOldStore(cut, owners);
  const database = new ClassicLevel<string, string>(cut);
  for (const [key] of moved.slice(0, 45)) {
    await database.put(key, '');
    await database.del(`t${key.slice(9)}`);
  }
  await database.close();
  const store = openStore(context, cut, 90);
  await store.remember(VIP, 'userID', comers(1, 'more'));
  assert.deepEqual(await usersKnown(store, VIP, 30), oneTo(0, 30));
  assert.deepEqual(await usersKnown(store, CROWD, 70), oneTo(11, 70));
  await store.close();
  await assertBounded(cut, 90);
});

test('members of a list whose record cannot be read are of no workspace, and are not taken over', async (context) => {
  const directory = storeDirectory(context);
  await writeOldStore(directory, [
    [VIP, 30, 0],
    [CROWD, 70, 100],
  ]);
  const database = new ClassicLevel<string, string>(directory);
  await database.put(listKey(CROWD), '{');
  await database.close();
  const store = openStore(context, directory, MAX);
  await store.remember({ ...CROWD, listId: 'other' }, 'userID', comers(70, 'user'));
  assert.deepEqual(await usersKnown(store, VIP, 30), oneTo(0, 30));
  assert.deepEqual(await usersKnown(store, CROWD, 70), []);
  await store.close();
  await assertBounded(directory);
});

/** What becomes of the counts of a closed store, and maybe of its files. */
const MISCOUNTED: readonly (readonly [string, (directory: string) => Promise<void>])[] = [
  [
    'altered',
    async (directory) => {
      const database = new ClassicLevel<string, string>(directory);
      for (const key of await database.keys({ gte: 'n', lt: 'o' }).all()) await database.put(key, 'x');
      await database.close();
    },
  ],
  [
    'older than what they count, in a damaged store',
    async (directory) => {
      const database = new ClassicLevel<string, string>(directory);
      for (const key of await database.keys({ gte: 'n', lt: 'o' }).all()) await database.put(key, '1');
      await database.put('ngone-for', '1000000');
      await database.close();
      const manifest = readdirSync(directory).find((name) => name.startsWith('MANIFEST'));
      truncateSync(join(directory, manifest ?? ''), 10);
    },
  ],
];

for (const [what, alter] of MISCOUNTED) {
  test(`counts that are ${what}, are made anew`, async (context) => {
    const directory = storeDirectory(context);
    const store = openStore(context, directory, MAX);
    await store.remember(VIP, 'userID', comers(40, 'user'));
    await store.close();
    await alter(directory);
    const again = openStore(context, directory, MAX);
    await again.remember(CROWD, 'userID', comers(70, 'user'));
    assert.equal((await usersKnown(again, VIP, 40)).length, 40);
    assert.equal((await usersKnown(again, CROWD, 70)).length, 60);
    await again.close();
    await assertBounded(directory);
  });
}
