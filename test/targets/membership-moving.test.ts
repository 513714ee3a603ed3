// What is known of members of lists goes to the database and back, and the newest counts.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  movableInDatabase,
  movableOnDisk,
  moveMemberships,
} from '../../src/targets/statsig-lists/membership-moving.js';
import { createMembershipStore, type MembershipStore } from '../../src/targets/statsig-lists/membership-store.js';
import { createSharedMemberships } from '../../src/targets/statsig-lists/shared-memberships.js';
import { awaitableLog } from '../../testkit/outbox.js';
import { migratedSchema } from '../../testkit/postgres-replicas.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const VIP = { workspaceId: 'acme', listId: 'vip' };
/** What is said of each id. */
async function known(store: MembershipStore) {
  const found = await store.known(VIP, IDS);
  return found.map((each) => each && { time: each.time, member: each.member, sure: each.sure });
}

const IDS = ['ada', 'bob', 'eve', 'new', 'unknown'];

/** A store on disk, opened for one piece of work. */
async function onDisk<T>(context: TestContext, name: string, work: (store: MembershipStore) => Promise<T>): Promise<T> {
  const store = createMembershipStore({ ...place(context, name), maxMemberships: 100 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const parents = new WeakMap<TestContext, string>();
function place(context: TestContext, name: string) {
  const parent = parents.get(context) ?? temporaryDirectory(context);
  parents.set(context, parent);
  return { directory: join(parent, name), now: Date.now, log: awaitableLog() };
}

test('members of lists are moved to a database and back, with what is sure of them', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const database = await schema.connect(context);
  await onDisk(context, 'first', async (store) => {
    await store.remember(VIP, 'userID', [{ id: 'eve', time: 5, member: true, sure: true }]);
    await store.lost(VIP);
    await store.remember(VIP, 'userID', [
      { id: 'ada', time: 10, member: true, sure: true },
      { id: 'bob', time: 20, member: false, sure: false },
      { id: 'new', time: 30, member: true, sure: true },
    ]);
  });
  const before = await onDisk(context, 'first', known);
  assert.deepEqual(before[2], { time: 5, member: true, sure: false }, 'of the list that is gone');

  const shared = createSharedMemberships(database, 100);
  await shared.remember(VIP, 'userID', [{ id: 'new', time: 40, member: false, sure: true }]);
  const first = movableOnDisk(place(context, 'first'));
  assert.equal(await moveMemberships(first, movableInDatabase(database)), 4);
  assert.equal(await moveMemberships(first, movableInDatabase(database)), 4, 'twice does no harm');
  const expected = before.map((each, index) => (IDS[index] === 'new' ? { time: 40, member: false, sure: true } : each));
  assert.deepEqual(await known(shared), expected);
  assert.deepEqual(await movableInDatabase(database).count(), { lists: 1, memberships: 4 });
  await first.clear();
  assert.deepEqual(await first.count(), { lists: 0, memberships: 0 });
  await first.close();

  const back = movableOnDisk(place(context, 'second'));
  assert.equal(await moveMemberships(movableInDatabase(database), back), 4);
  assert.deepEqual(await back.count(), { lists: 1, memberships: 4 });
  await back.close();
  assert.deepEqual(await onDisk(context, 'second', known), expected);
  await movableInDatabase(database).clear();
  assert.deepEqual(await movableInDatabase(database).count(), { lists: 0, memberships: 0 });
});
