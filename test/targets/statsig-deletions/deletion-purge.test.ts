// Purging the outbox on disk: for good, by the time of acceptance, and not while it cannot be read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PurgeChoice } from '../../../src/outbox/outbox.js';
import {
  claimAll,
  createClock,
  deadLettersOf,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
} from '../../../testkit/outbox.js';

/** Takes out what these ids are of, which stand for people. */
function byId(ids: ReadonlySet<string>): PurgeChoice {
  const of = (payload: string) => String(JSON.parse(payload).metadata.id);
  return { people: { ids, of }, concerns: (payload) => ids.has(of(payload)) };
}

test('what was purged is gone after a restart, too, and the counts stay', async (context) => {
  const directory = outboxDirectory(context);
  const { now } = createClock();
  const before = await openOnDisk(context, directory, { now });
  await before.append([event('dead'), event('dead-too')]);
  const claimed = await claimAll(before);
  await before.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' })));
  await before.append(['a', 'b', 'c'].map((id) => event(id)));
  const ids = new Set(['dead', 'a', 'c']);
  assert.deepEqual(await before.purge('acme', byId(ids)), { removed: 3, underWay: 0 });
  const status = before.lastStatus();
  await before.close();

  const after = await openOnDisk(context, directory, { now });
  assert.deepEqual(after.lastStatus(), status);
  assert.deepEqual(idsOf(await deadLettersOf(after)), ['dead-too']);
  assert.deepEqual(await after.append([event('a')]), ['duplicate'], 'a sender that retries brings nothing back');
  assert.deepEqual(idsOf(await claimAll(after)), ['b']);
});

test('many pages are purged to the last', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context), createClock());
  await outbox.append(Array.from({ length: 2_600 }, (_, index) => event(`id-${index}`)));
  const ids = Array.from({ length: 2_599 }, (_, index) => `id-${index}`);
  const { removed } = await outbox.purge('acme', byId(new Set(ids)));
  assert.equal(removed, 2_599);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['id-2599']);
});
