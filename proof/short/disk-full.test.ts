// A disk that is full of what the outbox holds has a way out: what waits goes out, dead letters can be dropped, and then it takes events again.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../src/base/errors.js';
import { insist } from '../../src/outbox/insist.js';
import { bulky, fillWithDeadLetters, GIVEN_UP_AT_ONCE, RESERVE } from '../../testkit/bulky-events.js';
import { DiskRig } from '../../testkit/disk-rig.js';
import { openOnDisk } from '../../testkit/outbox.js';
import { mountSmallDisk } from '../../testkit/small-disk.js';
import { until } from '../../testkit/until.js';

const DISK_BYTES = 32 << 20;

function rigOn(context: TestContext): DiskRig | undefined {
  const disk = mountSmallDisk(context, DISK_BYTES);
  if (disk === undefined) return undefined;
  const rig = new DiskRig(join(disk, 'outbox'));
  context.after(() => rig.close());
  return rig;
}

/** Pushes until an event is refused, and readiness says so in that moment. */
async function fillUntilRefused(rig: DiskRig, count?: number, bytes?: number): Promise<void> {
  const { status, text } = await rig.fillUntilRefused(count, bytes);
  assert.equal(status, 503, text);
  assert.match(text, /ENOSPC/);
}

/** Ready means that an ordinary push is taken, and another after it. What is ready stays so while what is there goes out. */
async function takesEventsAgain(rig: DiskRig): Promise<void> {
  await rig.untilReadiness(200);
  for (let turn = 0; turn < 10; turn += 1) {
    const { status, text } = await rig.push(15, 15_000);
    assert.equal(status, 200, text);
    const readiness = await rig.readiness();
    assert.equal(readiness.status, 200, readiness.text);
    await sleep(200);
  }
}

test('full of waiting events: they go out once the target is back, and events are taken again', async (context) => {
  const rig = rigOn(context);
  if (rig === undefined) return;
  await rig.start();
  await fillUntilRefused(rig);
  await rig.reviveStatsig();
  await takesEventsAgain(rig);
  await rig.drain();
  await takesEventsAgain(rig);
  await rig.drain();
  const refused = new Set(rig.refused);
  assert.deepEqual(
    rig.delivered.filter((id) => !refused.has(id)).toSorted(),
    rig.accepted.toSorted(),
    'all that was accepted goes out, and nothing comes twice',
  );
});

test('full of dead letters: they can be dropped, and events are taken again', async (context) => {
  const rig = rigOn(context);
  if (rig === undefined) return;
  const count = await fillWithDeadLetters(rig.outbox);
  await rig.start();
  // LevelDB may have made some room when it was opened.
  await fillUntilRefused(rig);
  const letters = (await rig.metrics()).get('statsig_cdp_dead_letters');
  assert.ok(letters === count || letters === count + GIVEN_UP_AT_ONCE, `${letters} of ${count}`);
  const dropped = await rig.dropDeadLetters();
  assert.equal(dropped.status, 200, dropped.text);
  assert.equal(dropped.text, JSON.stringify({ changed: letters }));
  await takesEventsAgain(rig);
});

test('what waits is too old on a full disk: it is not turned into dead letters at the cost of the way out', async (context) => {
  const rig = rigOn(context);
  if (rig === undefined) return;
  await rig.start([], [], { OUTBOX_MAX_AGE_MS: '3000' });
  await rig.fill();
  // As long as it takes the events of the last second to be too old, and some looks more.
  await sleep(8_000);
  await until(async () => (await rig.dropDeadLetters()).status === 200, 'nothing can be dropped');
  await rig.process.end('SIGKILL');
  await rig.start([], [], { OUTBOX_MAX_AGE_MS: '3000' });
  await until(async () => (await rig.dropDeadLetters()).status === 200, 'nothing can be dropped after a restart');
  await rig.reviveStatsig();
  await rig.drain();
  await takesEventsAgain(rig);
});

test('what waits for a target that is gone is dropped on a full disk, and all that is gone is said', async (context) => {
  const rig = rigOn(context);
  if (rig === undefined) return;
  await rig.start();
  // Small ones: they take many steps.
  await fillUntilRefused(rig, 100, 1_500);
  rig.forgetTarget();
  let dropped = 0;
  // A slow disk that is full takes a part of it: what is left is dropped again, as the answer says.
  await until(async () => {
    const { status, text } = await rig.dropWaiting();
    if (status !== 200) {
      assert.ok(status === 503 || text.includes('TARGET_IN_FORCE'), text);
      return false;
    }
    const answer = JSON.parse(text);
    dropped += answer.dropped;
    return answer.left === 0;
  }, 'something is left');
  // What the disk refused in the moment of the write may be on it all the same.
  assert.ok(
    [0, rig.refused.length].includes(dropped - rig.accepted.length),
    `${dropped} of ${rig.accepted.length} dropped`,
  );
  assert.equal(await rig.countOutcome('dropped'), dropped);
  assert.match((await rig.readiness()).text, /"waiting":0,/);
});

test('dead letters for which a full disk has no room are let go, and each is counted', async (context) => {
  const disk = mountSmallDisk(context, DISK_BYTES);
  if (disk === undefined) return;
  const outbox = await openOnDisk(context, join(disk, 'outbox'), { reserveBytes: RESERVE });
  const isTaken = async (id: string) => {
    try {
      await outbox.append([bulky(id)]);
      return true;
    } catch {
      return false;
    }
  };
  let count = 0;
  while (await isTaken(`m-${count}`)) count += 1;
  await until(async () => {
    // The disk may stop a step; what was claimed is settled then.
    for (;;) {
      const claimed = await outbox.claim('shop/statsig', 500, 1 << 20);
      if (claimed.length === 0) return outbox.lastStatus().lanes.every(({ waiting }) => waiting === 0);
      const settlements = claimed.map(
        (delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' }) as const,
      );
      await insist(() => outbox.settle(settlements));
    }
  }, 'the lane stops');
  const kept = outbox.lastStatus().lanes.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  assert.equal(kept + outbox.usage().droppedDeadLetters.bytes, count);
  await insist(() => outbox.purge('shop', { target: 'statsig' }));
  await until(() => isTaken('after'), 'no event is taken');
});

test('tries in vain do not use up the way out of a full disk', async (context) => {
  const disk = mountSmallDisk(context, DISK_BYTES);
  if (disk === undefined) return;
  const outbox = await openOnDisk(context, join(disk, 'outbox'), { reserveBytes: RESERVE });
  let count = 0;
  const append = async () => {
    for (;;) {
      await outbox.append([bulky(`m-${count}`)]);
      count += 1;
    }
  };
  await assert.rejects(append, PluginError);
  // As much as the disk holds, more than once. A merge that was under way when it became full may meet its end: the database is opened anew then, once.
  let openings = 1;
  for (let bytes = 0; bytes < 3 * DISK_BYTES; ) {
    if (outbox.lastStatus().counts !== undefined) {
      openings += 1;
      assert.ok(openings <= 2, 'the database stays open');
      await until(() => outbox.lastStatus().counts === undefined, 'the database opens');
    }
    const claimed = await insist(() => outbox.claim('shop/statsig', 500, 1 << 20));
    assert.ok(claimed.length > 0);
    await insist(() => outbox.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery }))));
    bytes += claimed.reduce((sum, { payload }) => sum + payload.length, 0);
  }
  assert.equal(outbox.lastStatus().lanes[0]?.waiting, count);
  const all = await outbox.claim('shop/statsig', count, DISK_BYTES);
  await outbox.settle(all.map((delivery) => ({ kind: 'delivered', delivery })));
  assert.equal(outbox.lastStatus().bytes, 0);
  await until(() => outbox.lastStatus().ok, 'no event is taken');
  assert.deepEqual(await outbox.append([bulky('after')]), ['accepted']);
});

test('filled to the last byte by somebody else: what waits goes out all the same', async (context) => {
  const rig = rigOn(context);
  if (rig === undefined) return;
  await rig.start();
  for (let turn = 0; turn < 10; turn += 1) assert.equal((await rig.push(15, 15_000)).status, 200);
  assert.throws(() => writeFileSync(join(rig.outbox, '..', 'ballast'), Buffer.alloc(DISK_BYTES)), { code: 'ENOSPC' });
  await rig.fill();
  await rig.reviveStatsig();
  await until(() => new Set(rig.delivered).size === rig.accepted.length, 'it does not go out');
});
