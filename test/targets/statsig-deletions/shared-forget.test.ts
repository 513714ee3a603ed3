// Deletion over replicas: what another replica holds of the person is waited for, and times are compared by one clock.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EpochMs } from '../../../src/base/time.js';
import type { LaneId } from '../../../src/outbox/lane-id.js';
import type { Delivery, Outbox } from '../../../src/outbox/outbox.js';
import { createForget } from '../../../src/targets/statsig-deletions/forget.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const HOUR_MS = 3_600_000;

/** A replica whose clock is off by so much, and another one that has the lanes. */
async function replicas(context: TestContext, off: number) {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return undefined;
  const [other, outbox] = [await shared.replica(), await shared.replica()];
  const database = shared.connect(context);
  const outboxNow = async (): Promise<EpochMs> => {
    const { rows } = await database.query<{ now: number }>({
      name: 'now',
      text: 'select ceil(extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    });
    return rows[0]?.now ?? 0;
  };
  const forget = createForget({
    outbox: async () => outbox,
    idLists: { remembered: async () => [{ listId: 'vip', idType: 'userID', time: Date.now() + HOUR_MS }] },
    putBackIdle: (workspaceId) => outbox.wantBack(workspaceId),
    isDelivered: () => true,
    now: () => Date.now() + off,
    outboxNow,
  });
  return { other, outbox, forget, outboxNow };
}

/** What waits in a lane, claimed by one of these as soon as it has the lane. */
async function claimAny(replicas: readonly Outbox[], lane: LaneId) {
  let found: { readonly holder: Outbox; readonly claimed: readonly Delivery[] } | undefined;
  await until(async () => {
    for (const holder of replicas) {
      const claimed = await holder.claim(lane, 10, 1e6);
      if (claimed.length > 0) found = { holder, claimed };
    }
    return found !== undefined;
  }, `one of them has ${lane}`);
  return found ?? assert.fail();
}

for (const [what, off] of [
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
] as const) {
  test(`a replica whose clock is an hour ${what} waits for what another one is sending, and for it to leave the lists`, async (context) => {
    const rig = await replicas(context, off);
    if (rig === undefined) return;
    const { other, outbox, forget, outboxNow } = rig;
    // The other one has the lane of the list, and whichever gets it that of events.
    await other.append([userEvent('zeroth', { target: 'statsig-list-vip', person: 'bob' })]);
    const before = await other.claim('acme/statsig-list-vip', 10, 1e6);
    assert.equal(before.length, 1);
    await other.append([userEvent('first'), userEvent('second', { person: 'bob' })]);
    const { holder, claimed } = await claimAny([other, outbox], 'acme/statsig');
    assert.equal(claimed.length, 2);
    const users = [{ userId: 'ada', askedAt: await outboxNow(), request: 'delete-ada' }];
    assert.deepEqual(await forget(['acme'], users), { underWay: 1, leaving: [] });
    assert.equal(await holder.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery }))), 'settled');

    assert.deepEqual(await forget(['acme'], users), { underWay: 0, leaving: ['acme/statsig-list-vip'] });
    assert.equal(await other.settle(before.map((delivery) => ({ kind: 'delivered', delivery }))), 'settled');
    const { claimed: removals } = await claimAny([other], 'acme/statsig-list-vip');
    assert.deepEqual(await forget(['acme'], users), { underWay: 0, leaving: ['acme/statsig-list-vip'] });
    const { member, time } = JSON.parse(removals[0]?.payload ?? '');
    assert.equal(member, false);
    assert.ok(time > Date.now() + HOUR_MS - 60_000, 'not older than what put the person there');
    // Somebody who comes back later is not waited for.
    await other.append([userEvent('third', { target: 'statsig-list-vip', person: 'eve' })]);
    assert.equal(await other.settle(removals.map((delivery) => ({ kind: 'delivered', delivery }))), 'settled');
    assert.deepEqual(await forget(['acme'], users), { underWay: 0, leaving: [] });
  });
}
