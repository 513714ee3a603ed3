// A disk that is full of what the outbox holds has a way out: what waits goes out, dead letters can be dropped, and then it takes events again.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../src/base/errors.js';
import { insist } from '../../src/outbox/insist.js';
import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import { DiskRig } from '../../testkit/disk-rig.js';
import { awaitableLog, claimAll, event, openOnDisk, outboxDirectory, START } from '../../testkit/outbox.js';
import { ROOMY } from '../../testkit/outbox-memory.js';
import { mountSmallDisk } from '../../testkit/small-disk.js';

const DISK_BYTES = 32 << 20;
const RESERVE = 64 << 20;
const PATIENCE_MS = 60_000;

/** Hard to compress. */
const bulky = (id: string, overrides = {}) =>
  event(id, { workspaceId: 'shop', payload: Array.from({ length: 600 }, () => Math.random()).join(), ...overrides });

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

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, what);
    await sleep(50);
  }
}

const GIVEN_UP_AT_ONCE = 10;

/** Leaves dead letters until the disk takes no more, or until there are so many. @returns how many are there for certain: the last ones may be on disk though it failed */
async function fillWithDeadLetters(directory: string, least = 0): Promise<number> {
  const outbox = await openLevelOutbox({ ...ROOMY, reserveBytes: RESERVE, directory, log: awaitableLog() });
  let count = 0;
  try {
    for (;;) {
      await outbox.append(Array.from({ length: GIVEN_UP_AT_ONCE }, (_, index) => bulky(`m-${count}-${index}`)));
      const claimed = await claimAll(outbox, START, 'shop/statsig');
      await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no' })));
      count += claimed.length;
      if (least > 0 && count >= least) return count;
    }
  } catch (error) {
    assert.ok(error instanceof PluginError && error.code === 'OUTBOX_UNAVAILABLE');
    return count - outbox.usage().droppedDeadLetters.bytes;
  } finally {
    await outbox.close();
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
  let answer = await rig.dropWaiting();
  await until(async () => {
    if (!answer.text.includes('TARGET_IN_FORCE')) return true;
    answer = await rig.dropWaiting();
    return false;
  }, 'the target stays');
  assert.equal(answer.status, 200, answer.text);
  const { dropped, left } = JSON.parse(answer.text);
  assert.equal(left, 0, answer.text);
  // What the disk refused in the moment of the write may be on it all the same.
  assert.ok([0, rig.refused.length].includes(dropped - rig.accepted.length), answer.text);
  assert.equal(await rig.countOutcome('dropped'), dropped);
  assert.match((await rig.readiness()).text, /"waiting":0,/);
});

test('a disk that was never read is not said to hold nothing', async (context) => {
  const rig = new DiskRig();
  context.after(() => rig.close());
  writeFileSync(rig.outbox, 'a file');
  await rig.start();
  const { text } = await rig.untilReadiness(503);
  const { outbox } = JSON.parse(text).checks.delivery;
  assert.deepEqual([outbox.counts, outbox.waiting, outbox.deadLetters], ['unknown', 'unknown', 'unknown'], text);
  const metrics = await rig.metrics();
  assert.equal(metrics.get('statsig_cdp_outbox_noticed'), 1);
  for (const name of ['outbox_bytes', 'outbox_disk_bytes', 'dead_letter_bytes', 'outbox_events'])
    assert.equal(metrics.get(`statsig_cdp_${name}`), undefined, name);
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
      const claimed = await outbox.claim('shop/statsig', START, 500, 1 << 20);
      if (claimed.length === 0) return outbox.status().lanes.every(({ waiting }) => waiting === 0);
      const settlements = claimed.map(
        (delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' }) as const,
      );
      await insist(() => outbox.settle(settlements));
    }
  }, 'the lane stops');
  const kept = outbox.status().lanes.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  assert.equal(kept + outbox.usage().droppedDeadLetters.bytes, count);
  await insist(() => outbox.purge('shop', () => true));
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
  // As much as the disk holds, more than once.
  for (let bytes = 0; bytes < 3 * DISK_BYTES; ) {
    const claimed = await outbox.claim('shop/statsig', START, 500, 1 << 20);
    assert.ok(claimed.length > 0);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'retry', delivery, dueAt: delivery.dueAt })));
    bytes += claimed.reduce((sum, { payload }) => sum + payload.length, 0);
    assert.equal(outbox.status().counts, undefined, 'the database stays open');
  }
  assert.equal(outbox.status().lanes[0]?.waiting, count);
  const all = await outbox.claim('shop/statsig', START, count, DISK_BYTES);
  await outbox.settle(all.map((delivery) => ({ kind: 'delivered', delivery })));
  assert.equal(outbox.status().bytes, 0);
  await until(() => outbox.status().ok, 'no event is taken');
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

test('dead letters beyond their bytes go, the oldest first, and it is counted and said', async (context) => {
  const rig = new DiskRig();
  context.after(() => rig.close());
  const count = await fillWithDeadLetters(rig.outbox, 100);
  await rig.start([], [], { DEAD_LETTERS_MAX_BYTES: '300000' });
  await until(
    async () => ((await rig.metrics()).get('statsig_cdp_dead_letter_bytes') ?? Infinity) <= 300_000,
    'the dead letters stay',
  );
  const metrics = await rig.metrics();
  const kept = metrics.get('statsig_cdp_dead_letters') ?? 0;
  assert.ok(kept > 10);
  assert.equal(metrics.get('statsig_cdp_dead_letters_dropped_total'), count - kept);
  const letters = (await rig.deadLetters()).trim().split('\n');
  assert.equal(letters.length, kept);
  assert.match(letters.at(-1) ?? '', new RegExp(`"m-${count - 10}-9"`), 'the newest is there');
});

test('the dead letters of one workspace do not push out those of another, and the old ones go', async (context) => {
  let at = START;
  const limits = { deadLetters: { maxBytes: 200_000, maxAgeMs: 86_400_000 }, now: () => at };
  const outbox = await openOnDisk(context, outboxDirectory(context), limits);
  const giveUp = async (workspaceId: string, many: number) => {
    await outbox.append(
      Array.from({ length: many }, (_, index) => bulky(`${workspaceId}-${at}-${index}`, { workspaceId })),
    );
    const claimed = await claimAll(outbox, at, `${workspaceId}/statsig`);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' })));
  };
  const lettersOf = (id: string) =>
    outbox.status().lanes.find(({ workspaceId }) => workspaceId === id)?.deadLetters ?? 0;
  await giveUp('quiet', 3);
  await giveUp('loud', 60);
  await until(() => (outbox.usage().deadLetterBytes ?? Infinity) <= 200_000, 'too many stay');
  assert.equal(lettersOf('quiet'), 3);
  assert.ok(lettersOf('loud') < 20);
  assert.equal(outbox.usage().droppedDeadLetters.bytes, 60 - lettersOf('loud'));
  at += 2 * 86_400_000;
  await giveUp('new', 1);
  await until(() => (outbox.usage().deadLetterBytes ?? Infinity) < 20_000, 'old ones stay');
  assert.deepEqual([lettersOf('quiet'), lettersOf('loud'), lettersOf('new')], [0, 0, 1]);
});

/** Appends until it is refused. @returns bytes that are taken */
async function fill(outbox: Outbox, workspaceId: string): Promise<number> {
  const before = outbox.status().bytes;
  for (let count = 0; ; count += 1) {
    try {
      await outbox.append([bulky(`${workspaceId}-${count}`, { workspaceId })]);
    } catch (error) {
      assert.ok(error instanceof PluginError && error.code === 'OUTBOX_FULL', String(error));
      return outbox.status().bytes - before;
    }
  }
}

test('no workspace fills the outbox for the others; one that is alone may', async (context) => {
  const maxBytes = 3_000_000;
  let isShared = true;
  const outbox = await openOnDisk(context, outboxDirectory(context), { maxBytes, isShared: () => isShared });
  const part = (bytes: number) => Math.round((bytes / maxBytes) * 20) / 20;
  assert.equal(part(await fill(outbox, 'one')), 0.5);
  const { ok, problem } = outbox.status();
  assert.equal(ok, true, 'others are served');
  assert.match(problem ?? '', /full for one/);
  assert.equal(part(await fill(outbox, 'two')), 0.25);
  assert.deepEqual(await outbox.append([bulky('three', { workspaceId: 'three' })]), ['accepted']);
  isShared = false;
  assert.ok(part((await fill(outbox, 'one')) + 0.75 * maxBytes) >= 0.95);
  assert.match(outbox.status().problem ?? '', /^full: /);
});

test('over the wire: a workspace that has its share is told to come later, another is served', async (context) => {
  const rig = new DiskRig();
  context.after(() => rig.close());
  rig.addWorkspace('other');
  await rig.start([], [], { OUTBOX_MAX_BYTES: '2000000' });
  let answer = await rig.push(15, 15_000);
  while (answer.status === 200) answer = await rig.push(15, 15_000);
  assert.equal(answer.status, 429);
  assert.match(answer.text, /OUTBOX_FULL/);
  assert.ok(Number(answer.retryAfter) >= 1);
  assert.equal((await rig.push(15, 15_000, 'other')).status, 200);
  assert.match((await rig.untilReadiness(200)).text, /full for shop/);
});

test('the files shrink once what they held is delivered, and their size is measured', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  const events = 2_500;
  for (let start = 0; start < events; start += 100)
    await outbox.append(Array.from({ length: 100 }, (_, index) => bulky(`m-${start + index}`)));
  const waiting = outbox.status().bytes;
  await until(() => (outbox.usage().diskBytes ?? 0) > waiting / 2, 'the size is not measured');
  for (;;) {
    const claimed = await outbox.claim('shop/statsig', START, 500, 10_000_000);
    if (claimed.length === 0) break;
    await outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
  }
  await until(() => (outbox.usage().diskBytes ?? Infinity) < waiting / 4, 'the files stay as large as they were');
});
