// A restore of an older state while replicas run: nothing that they remember of the newer one leads an event astray.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outbox } from '../../../src/outbox/outbox.js';
import { idsOf } from '../../../testkit/outbox.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const WIDE = 1_000_000;
const claim = (outbox: Outbox, target: string) => outbox.claim(`acme/${target}`, 100, WIDE);

test('a number that was another lane’s before leads no event there', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const other = await shared.replica();
  await one.append([userEvent('a1', { target: 'a' })]);
  assert.deepEqual(
    await one.settle((await claim(one, 'a')).map((delivery) => ({ kind: 'delivered', delivery }))),
    'settled',
  );
  // A state in which there is no lane yet; the next one gets the number that the first had.
  await shared.run('delete from lane; alter table lane alter id restart');
  await other.append([userEvent('b1', { target: 'b' })]);
  await one.append([userEvent('a2', { target: 'a' })]);
  for (const [target, id] of [
    ['a', 'a2'],
    ['b', 'b1'],
  ] as const) {
    const found: (string | undefined)[] = [];
    await until(async () => {
      for (const each of [one, other]) found.push(...idsOf(await claim(each, target)));
      return found.length > 0;
    }, `what waits for ${target} is found`);
    assert.deepEqual(found, [id]);
  }
});

test('what was read before is forgotten: its rows may be other events now', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append([userEvent('a1', { target: 'a' })]);
  assert.deepEqual(idsOf(await claim(one, 'a')), ['a1']);
  const lost: string[] = [];
  one.onLost((lane) => lost.push(lane));
  await shared.run(`update replica set alive_until = alive_until - interval '1 s'`);
  await until(() => lost.length > 0, 'it is noticed with the next heartbeat');
  assert.deepEqual(lost, ['acme/a']);
  await until(() => one.lanes().length > 0, 'the lane is taken anew');
  assert.deepEqual(idsOf(await claim(one, 'a')), ['a1']);
});
