// Memberships that replicas share: one that stood still does not overwrite what the next one has learned, and no id is in the database.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { IdMembership, MembershipStore } from '../../../src/targets/statsig-lists/membership-store.js';
import { createSharedMemberships } from '../../../src/targets/statsig-lists/shared-memberships.js';
import { createSharedSizes } from '../../../src/targets/statsig-lists/shared-sizes.js';
import { keepingLog, NOON } from '../../../testkit/id-list-rig.js';
import { migratedSchema } from '../../../testkit/postgres-replicas.js';
import { until } from '../../../testkit/until.js';

const VIP = { workspaceId: 'acme', listId: 'vip' };

async function replicas(context: TestContext) {
  const schema = await migratedSchema(context);
  if (schema === undefined) return undefined;
  const open = () => createSharedMemberships(schema.connect(context), 1_000_000);
  return { schema, one: open(), two: open() };
}

const entry = (id: string, time: number, parts: Partial<IdMembership> = {}): IdMembership => ({
  id,
  time: NOON + time,
  member: true,
  sure: true,
  ...parts,
});

async function knownOf(store: MembershipStore, id: string): Promise<string> {
  const [known] = await store.known(VIP, [id]);
  return known === undefined
    ? 'nothing'
    : `${known.member ? 'in' : 'out'}${known.sure ? '' : '?'} ${known.time - NOON}`;
}

test('a replica that stood still and wakes leaves alone what another one has remembered meanwhile', async (context) => {
  const rig = await replicas(context);
  if (rig === undefined) return;
  const { one, two } = rig;
  const was = await one.known(VIP, ['ada']);
  await one.remember(VIP, 'userID', [entry('ada', 5, { sure: false })], was);
  // Another one takes over: it sends the enter again, and a leave behind it.
  const seen = await two.known(VIP, ['ada']);
  await two.remember(VIP, 'userID', [entry('ada', 9, { member: false, sure: false })], seen);
  await two.remember(VIP, 'userID', [entry('ada', 9, { member: false })], seen);
  await one.remember(VIP, 'userID', [entry('ada', 5)], was);
  assert.equal(await knownOf(one, 'ada'), 'out 9');
});

test('two replicas that learn of the same id at the same time keep one of both, whole', async (context) => {
  const rig = await replicas(context);
  if (rig === undefined) return;
  const { one, two } = rig;
  const ids = Array.from({ length: 50 }, (_, index) => `user-${index}`);
  await Promise.all(
    [one, two].map((store, index) =>
      store.remember(
        VIP,
        'userID',
        ids.map((id) => entry(id, index)),
        ids.map(() => undefined),
      ),
    ),
  );
  const known = await one.known(VIP, ids);
  assert.equal(new Set(known.map((each) => each?.time)).size, 1);
  const [share] = await rig.schema.run<{ count: number }>('select count::int from membership_share');
  assert.equal(share?.count, 50, 'each is counted once');
});

test('a list that one replica has lost is in doubt for all', async (context) => {
  const rig = await replicas(context);
  if (rig === undefined) return;
  const { one, two } = rig;
  await one.remember(VIP, 'userID', [entry('ada', 1)]);
  assert.equal(await knownOf(two, 'ada'), 'in 1');
  await one.lost(VIP);
  assert.equal(await knownOf(two, 'ada'), 'in? 1');
});

test('no id is in the database', async (context) => {
  const rig = await replicas(context);
  if (rig === undefined) return;
  await rig.one.remember(VIP, 'userID', [entry('ada.lovelace@example.com', 1)]);
  const rows = await rig.schema.run<object>('select m.*, l.* from membership m join membership_list l using (tag)');
  assert.equal(rows.length, 1);
  assert.doesNotMatch(JSON.stringify(rows), /lovelace|example/);
});

test('how many ids a list has is told by every replica, whichever one changed it', async (context) => {
  const rig = await replicas(context);
  if (rig === undefined) return;
  const open = () => {
    const log = keepingLog();
    let elapsed = 0;
    const sizes = createSharedSizes(rig.schema.connect(context), log, () => (elapsed += 10_000));
    return { sizes, lines: log.lines };
  };
  const [one, two] = [open(), open()];
  await rig.one.meet(VIP, { idType: 'userID' });
  one.sizes.set(VIP, 998);
  one.sizes.change(VIP, 4);
  two.sizes.change({ ...VIP, listId: 'not met' }, 4);
  await until(() => two.sizes.all()[0]?.ids === 1_002, 'the other one has seen it');
  two.sizes.change(VIP, -2);
  await until(() => one.sizes.all()[0]?.ids === 1_000, 'and the first one');
  assert.deepEqual(one.sizes.all(), [{ ...VIP, ids: 1_000 }]);
  assert.equal(one.lines.length, 1, 'who made it larger than 1,000 says so');
  assert.match(one.lines[0] ?? '', /more than 1000 ids/);
});
