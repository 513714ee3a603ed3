// How much an outbox holds: dead letters have their bytes and age, and workspaces their share. That files shrink is in proof/short/outbox-shrinks.test.ts, what a full disk does in proof/short/disk-full.test.ts.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import { bulky, fillWithDeadLetters } from '../../testkit/bulky-events.js';
import { DiskRig } from '../../testkit/disk-rig.js';
import { claimAll, openOnDisk, outboxDirectory, START } from '../../testkit/outbox.js';
import { until } from '../../testkit/until.js';

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
    const claimed = await claimAll(outbox, `${workspaceId}/statsig`);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' })));
  };
  const lettersOf = (id: string) =>
    outbox.lastStatus().lanes.find(({ workspaceId }) => workspaceId === id)?.deadLetters ?? 0;
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
  const before = outbox.lastStatus().bytes;
  for (let count = 0; ; count += 1) {
    try {
      await outbox.append([bulky(`${workspaceId}-${count}`, { workspaceId })]);
    } catch (error) {
      assert.ok(error instanceof PluginError && error.code === 'OUTBOX_FULL', String(error));
      return outbox.lastStatus().bytes - before;
    }
  }
}

test('no workspace fills the outbox for the others; one that is alone may', async (context) => {
  const maxBytes = 3_000_000;
  let isShared = true;
  const outbox = await openOnDisk(context, outboxDirectory(context), { maxBytes, isShared: () => isShared });
  const part = (bytes: number) => Math.round((bytes / maxBytes) * 20) / 20;
  assert.equal(part(await fill(outbox, 'one')), 0.5);
  const { ok, problem } = outbox.lastStatus();
  assert.equal(ok, true, 'others are served');
  assert.match(problem ?? '', /full for one/);
  assert.equal(part(await fill(outbox, 'two')), 0.25);
  assert.deepEqual(await outbox.append([bulky('three', { workspaceId: 'three' })]), ['accepted']);
  isShared = false;
  assert.ok(part((await fill(outbox, 'one')) + 0.75 * maxBytes) >= 0.95);
  assert.match(outbox.lastStatus().problem ?? '', /^full: /);
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
