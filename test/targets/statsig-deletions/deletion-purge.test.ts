// Purging the outbox on disk: for good, by the time of acceptance, and not while it cannot be read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  claimAll,
  createClock,
  deadLettersOf,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
} from '../../../testkit/outbox.js';

test('what was purged is gone after a restart, too, and the counts stay', async (context) => {
  const directory = outboxDirectory(context);
  const { now } = createClock();
  const before = await openOnDisk(context, directory, { now });
  await before.append([event('dead'), event('dead-too')]);
  const claimed = await claimAll(before);
  await before.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' })));
  await before.append(['a', 'b', 'c'].map((id) => event(id)));
  const goes = /"id":"(dead|a|c)"/;
  assert.deepEqual(await before.purge('acme', (payload) => goes.test(payload)), { removed: 3, underWay: 0 });
  const status = before.status();
  await before.close();

  const after = await openOnDisk(context, directory, { now });
  assert.deepEqual(after.status(), status);
  assert.deepEqual(idsOf(await deadLettersOf(after)), ['dead-too']);
  assert.deepEqual(await after.append([event('a')]), ['duplicate'], 'a sender that retries brings nothing back');
  assert.deepEqual(idsOf(await claimAll(after)), ['b']);
});

test('many pages are purged to the last', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context), createClock());
  await outbox.append(Array.from({ length: 2_600 }, (_, index) => event(`id-${index}`)));
  const { removed } = await outbox.purge('acme', (payload) => !payload.includes('"id-2599"'));
  assert.equal(removed, 2_599);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['id-2599']);
});
