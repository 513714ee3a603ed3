// A network that was cut delivers, when it is whole again, what was sent before: statements that their sender has long given up, and made again. They change nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { startPostgresProxy } from '../../../testkit/postgres-proxy.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const LANE = 'acme/statsig';

test('a settlement that arrives late does not take back what was settled since', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  await outbox.append(['a', 'b', 'c'].map((id) => userEvent(id)));
  const [first, second] = await outbox.claim(LANE, 10, 1e6);
  assert.ok(first && second);
  const doneOf = async () => (await shared.run<{ done: number[] }>('select done from event_row'))[0]?.done;

  void proxy.failAt(({ text }) => text.includes('kept as'), 'late');
  await assert.rejects(outbox.settle([{ kind: 'delivered', delivery: first }]), { code: 'OUTBOX_UNCONFIRMED' });
  assert.equal(await outbox.settle([{ kind: 'delivered', delivery: first }]), 'settled');
  assert.equal(await outbox.settle([{ kind: 'delivered', delivery: second }]), 'settled');
  assert.deepEqual(await doneOf(), [1, 2]);
  await proxy.release();
  assert.deepEqual(await doneOf(), [1, 2]);
});

test('a lane that is given up late is not taken from the replica that has it again', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  await outbox.append([userEvent('a')]);
  await until(async () => (await outbox.claim(LANE, 10, 1e6)).length > 0, 'it is claimed');
  void proxy.failAt(({ text }) => text.includes('set owner = null'), 'late');
  await assert.rejects(outbox.release(LANE), { code: 'OUTBOX_UNCONFIRMED' });
  const ownerOf = async () =>
    (await shared.run<{ owner: string | null; epoch: string }>('select owner, epoch from lane'))[0];
  const before = await ownerOf();
  // What it could not give up it has until the lane is taken anew: here by itself, as another epoch.
  await shared.run(`update lane set epoch = epoch + 1`);
  await proxy.release();
  assert.deepEqual(await ownerOf(), { owner: before?.owner, epoch: String(Number(before?.epoch) + 1) });
});

test('a settlement that arrives late settles nothing of a lane that its sender has lost and taken again', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  await outbox.append([userEvent('a')]);
  const claimed = await outbox.claim(LANE, 10, 1e6);
  assert.equal(claimed.length, 1);
  void proxy.failAt(({ text }) => text.includes('delete from event_row'), 'late');
  const settlements = claimed.map((delivery) => ({ kind: 'delivered' as const, delivery }));
  await assert.rejects(outbox.settle(settlements), { code: 'OUTBOX_UNCONFIRMED' });
  // Another one has had it meanwhile, and has put all of it back.
  await shared.run('update lane set owner = null');
  await outbox.append([userEvent('b')]);
  const again: string[] = [];
  await until(async () => {
    again.push(...(await outbox.claim(LANE, 10, 1e6)).map(({ messageId }) => String(messageId)));
    return again.length === 2;
  }, 'it has the lane again');
  await proxy.release();
  assert.equal((await outbox.status()).lanes[0]?.waiting, 2, 'both wait');
});
