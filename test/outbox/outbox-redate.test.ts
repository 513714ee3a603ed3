// The outbox on disk after a run whose clock was days ahead: everything is due at once, in its old order, before what comes then, and its age is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  awaitableLog,
  claimAll,
  createClock,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
  START,
} from '../../testkit/outbox.js';

const DAY_MS = 24 * 60 * 60_000;
const EXPOSURE = { key: 'user-42 button_color', value: 'on', windowMs: DAY_MS };

test('what was accepted while the clock was three days ahead is due, in order, and ages from the start', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  const limits = { now: clock.now, maxAgeMs: 7 * DAY_MS };
  const before = await openOnDisk(context, directory, limits);
  await before.append([event('early')]);
  clock.at = START + 3 * DAY_MS;
  await before.append(['a', 'b', 'c'].map((id) => event(id, { acceptedAt: clock.at })));
  await before.close();

  clock.at = START + 60_000;
  const log = awaitableLog();
  const warned = log.logged('accepted in the future');
  const after = await openOnDisk(context, directory, limits, log);
  await warned;
  await after.append([event('new', { acceptedAt: clock.at })]);
  assert.deepEqual(idsOf(await after.claim('acme/statsig', 2, 1_000_000)), ['early', 'a']);
  assert.ok(((await after.nextDueAt('acme/statsig')) ?? Number.POSITIVE_INFINITY) <= clock.at);
  await after.close();

  clock.at += 3_600_000;
  const again = await openOnDisk(context, directory, limits);
  const [lane] = again.lastStatus().lanes;
  assert.equal(lane?.waiting, 5);
  assert.equal(lane?.oldestAcceptedAt, START);
  const claimed = await claimAll(again);
  assert.deepEqual(idsOf(claimed), ['early', 'a', 'b', 'c', 'new']);
  assert.deepEqual(
    claimed.map(({ acceptedAt }) => acceptedAt - START),
    [0, 60_000, 60_000, 60_000, 60_000],
  );
  await again.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
  assert.deepEqual(again.lastStatus().lanes, [], 'what was dated anew is settled like all else');
});

test('a push that came while the disk was being read is behind all that lay there', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  clock.at = START + 3 * DAY_MS;
  const before = await openOnDisk(context, directory, { now: clock.now });
  const old = Array.from({ length: 1_200 }, (_, index) => `old-${index}`);
  await before.append(old.map((id) => event(id, { acceptedAt: clock.at })));
  await before.close();

  clock.at = START;
  const after = await openOnDisk(context, directory, { now: clock.now });
  await after.append([event('new', { acceptedAt: START - 500 })]);
  assert.deepEqual(idsOf(await claimAll(after)), [...old, 'new']);
  assert.equal(after.lastStatus().lanes[0]?.oldestAcceptedAt, START - 500, 'its age is counted from when it came');
  await after.close();
});

test('a retry keeps its place over a restart with another clock', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  clock.at = START + 3 * DAY_MS;
  const before = await openOnDisk(context, directory, { now: clock.now });
  await before.append(['a', 'b'].map((id) => event(id, { acceptedAt: clock.at })));
  const [a] = await before.claim('acme/statsig', 1, 1_000_000);
  assert.ok(a);
  await before.settle([{ kind: 'putBack', delivery: { ...a, attempts: 1 } }]);
  await before.close();
  clock.at = START;
  const after = await openOnDisk(context, directory, { now: clock.now });
  assert.deepEqual(
    (await claimAll(after)).map(({ messageId, attempts }) => [messageId, attempts]),
    [
      ['a', 1],
      ['b', 0],
    ],
  );
});

test('a window that was opened while the clock was ahead does not last longer than a window, and an id is remembered', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  const limits = { now: clock.now, dedupeWindowMs: DAY_MS };
  clock.at = START + 3 * DAY_MS;
  const before = await openOnDisk(context, directory, limits);
  await before.append([event('a', { once: EXPOSURE })]);
  await before.close();
  clock.at = START;
  const after = await openOnDisk(context, directory, limits);
  assert.deepEqual(await after.append([event('a', { once: EXPOSURE })]), ['duplicate']);
  assert.deepEqual(await after.append([event('b', { once: EXPOSURE })]), ['accepted']);
  assert.deepEqual(await after.append([event('c', { once: EXPOSURE })]), ['repeated']);
  clock.at += DAY_MS;
  assert.deepEqual(await after.append([event('d', { once: EXPOSURE })]), ['accepted']);
});
