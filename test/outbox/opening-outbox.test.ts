// While the outbox that an earlier run has left is read: the process says so, and no push is lost.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
import { createSteadyClock } from '../../src/base/steady-clock.js';
import { createDelivery } from '../../src/dispatch/delivery-service.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import { compiledWorkspace } from '../../testkit/audiences.js';
import { MemoryOutbox, ROOMY } from '../../testkit/outbox-memory.js';
import { rememberingLog, temporaryDirectory } from '../../testkit/settings.js';

const PROOF = { origin: 'webhook', coversAll: true };
const TRACK = { type: 'track', event: 'Order Completed', userId: 'user-42', messageId: 'message-1' };

/** Delivery whose outbox takes as long to open as the test wants. */
function openingDelivery(context: TestContext, isLeft: boolean) {
  const directory = join(temporaryDirectory(context), 'outbox');
  if (isLeft) mkdirSync(directory);
  const outbox = new MemoryOutbox();
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const delivery = createDelivery({
    outbox: { ...ROOMY, directory },
    limits: {},
    resolve: () => ({ kind: 'no target', why: 'none in this test' }),
    onOutcome: () => {},
    onDropped: () => undefined,
    onLanes() {},
    onOpen: () => {},
    clock: createSteadyClock(),
    log: { ...rememberingLog(), debug: () => {} },
    openOutbox: async (): Promise<Outbox> => {
      await finished;
      return outbox;
    },
  });
  const push = () => delivery.ingest.accept(compiledWorkspace({ secretKey: 'secret-example' }), [TRACK], PROOF);
  context.after(async () => {
    finish();
    await delivery.stop(0);
  });
  return { delivery, outbox, push, finish };
}

test('it is not ready before the outbox is open, and a push waits for it', async (context) => {
  const { delivery, outbox, push, finish } = openingDelivery(context, true);
  assert.equal(delivery.status(), undefined);
  const started = delivery.start();
  assert.equal(delivery.status(), 'opening');
  const pushed = push();
  await new Promise(setImmediate);
  assert.equal(outbox.lanes().length, 0);
  finish();
  await started;
  assert.deepEqual(
    (await pushed).map(({ kind }) => kind),
    ['accepted'],
  );
  assert.equal(outbox.countWaiting('shop/statsig'), 1);
  assert.notEqual(delivery.status(), 'opening');
});

test('a push that has waited for long is refused, so that its sender keeps it, and is not stored afterwards', async (context) => {
  const { delivery, outbox, push, finish } = openingDelivery(context, true);
  void delivery.start();
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const refused = assert.rejects(push(), (error) => {
    assert.ok(error instanceof PluginError);
    assert.equal(error.code, 'OUTBOX_UNAVAILABLE');
    return true;
  });
  await new Promise(setImmediate);
  context.mock.timers.tick(10_000);
  await refused;
  context.mock.timers.reset();
  finish();
  for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
  assert.equal(outbox.lanes().length, 0);
});

test('a process that has no outbox yet is ready while the first push makes it', async (context) => {
  const { delivery, push, finish } = openingDelivery(context, false);
  await delivery.start();
  const pushed = push();
  assert.equal(delivery.status(), undefined);
  finish();
  assert.deepEqual(
    (await pushed).map(({ kind }) => kind),
    ['accepted'],
  );
});
