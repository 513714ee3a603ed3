// What the outbox remembers of lanes: nothing of one that is done with, and no more work for one because there are others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneId } from '../../src/outbox/lane-id.js';
import { Lanes } from '../../src/outbox/level/lanes.js';
import { ACME, claimAll, event, idsOf, openOnDisk, outboxDirectory, START } from '../../testkit/outbox.js';

const laneOf = (number: number): LaneId => `shop/statsig-list-${number}`;

test('a lane is forgotten when nothing of it waits, died or is being read', async () => {
  const lanes = new Lanes();
  const inMemory = () => lanes.ofWorkspace('shop');
  lanes.arrived(laneOf(1), 'key', 7, 10);
  assert.equal(lanes.countWaiting(laneOf(1)), 1);
  lanes.lane(laneOf(1)).claimed.set('key', 10);
  let read = () => {};
  const reading = lanes.lane(laneOf(1)).exclusively(
    () =>
      new Promise<void>((resolve) => {
        read = resolve;
      }),
  );
  await new Promise(setImmediate);
  lanes.left(laneOf(1), 'key', 7, 10);
  assert.deepEqual(inMemory(), [laneOf(1)], 'the claim is kept until the scan that may see it is over');
  read();
  await reading;
  assert.deepEqual(inMemory(), []);

  lanes.died(laneOf(2), 7, 10);
  assert.deepEqual(inMemory(), [laneOf(2)]);
  lanes.deadLetterRemoved(laneOf(2), 10);
  assert.deepEqual(inMemory(), []);

  await lanes.lane(laneOf(3)).exclusively(async () => {});
  assert.deepEqual(inMemory(), [], 'a look at a lane that never was leaves nothing');
});

test('what comes for a lane that was forgotten is found, also what is due before it', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  for (const round of [1, 2, 3]) {
    await outbox.append([event(`later-${round}`)]);
    await outbox.append([event(`earlier-${round}`, { acceptedAt: START - 1_000 * round })]);
    const claimed = await claimAll(outbox);
    assert.deepEqual(idsOf(claimed), [`earlier-${round}`, `later-${round}`]);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
    assert.equal(outbox.countWaiting(ACME), 0);
  }
});
