// The clock of deliveries never goes back, whatever the system's does, and nothing waits for a time that a wrong clock wrote down.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../src/base/secret.js';
import { createSteadyClock } from '../../src/base/steady-clock.js';
import { createDelivery } from '../../src/dispatch/delivery-service.js';
import { compileWorkspace } from '../../src/settings/compile.js';
import { statsigTarget } from '../../src/targets/statsig-events/target.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { awaitableLog, outboxDirectory } from '../../testkit/outbox.js';
import { ROOMY } from '../../testkit/outbox-memory.js';
import type { StandIn } from '../../testkit/stand-in.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function createTime() {
  const time = { wall: 1_800_000_000_000, uptime: 5_000 };
  const clock = createSteadyClock(
    () => time.wall,
    () => time.uptime,
  );
  const pass = (ms: number) => {
    time.wall += ms;
    time.uptime += ms;
  };
  return { time, clock, pass };
}

test('it passes with the system, follows it forwards, and passes as fast as ever while that one is behind', () => {
  const { time, clock, pass } = createTime();
  const start = clock.now();
  assert.equal(start, time.wall);
  pass(1_000);
  assert.equal(clock.now() - start, 1_000);
  time.wall += HOUR_MS;
  assert.equal(clock.now() - start, HOUR_MS + 1_000);
  time.wall -= DAY_MS;
  assert.equal(clock.now() - start, HOUR_MS + 1_000);
  pass(1_000);
  assert.equal(clock.now() - start, HOUR_MS + 2_000);
});

/** Delivery on a directory, by a clock that is so much ahead of the right time. */
function startDelivery(context: TestContext, directory: string, standIn: StandIn, aheadMs: number) {
  const clock = createSteadyClock(() => Date.now() + aheadMs);
  const workspace = compileWorkspace('acme', { eventsUrl: standIn.url }, new Secret('secret-example'), 'segment');
  const target = statsigTarget(workspace, { sessionId: 'session', timeoutMs: 10_000, now: clock.now, record() {} });
  const delivery = createDelivery({
    outbox: { ...ROOMY, directory },
    limits: { batchIntervalMs: 0 },
    clock,
    resolve: () => target,
    onOutcome() {},
    onDropped() {},
    onLanes() {},
    onOpen() {},
    log: awaitableLog(),
  });
  context.after(() => delivery.stop(0));
  return {
    status: () => delivery.outboxStatus(),
    accept: (event: string) =>
      delivery.ingest.accept(workspace, [{ type: 'track', event, userId: 'user-42', messageId: event }], {
        origin: 'webhook',
        coversAll: true,
      }),
    stop: () => delivery.stop(0),
  };
}

for (const [name, aheadMs] of [
  ['an hour', HOUR_MS],
  ['three days', 3 * DAY_MS],
] as const) {
  test(
    `what waited when the clock was ${name} ahead goes out after a restart at the right time, before what comes then`,
    { timeout: 60_000 },
    (context) => restartWithRightClock(context, aheadMs),
  );
}

async function restartWithRightClock(context: TestContext, aheadMs: number): Promise<void> {
  let isDown = true;
  const standIn = await serveLogEvent(context, () => (isDown ? { status: 503 } : ACCEPTED));
  const directory = outboxDirectory(context);
  const early = startDelivery(context, directory, standIn, aheadMs);
  await early.accept('Order Completed');
  await early.accept('Order Shipped');
  await standIn.received(1);
  await early.stop();
  isDown = false;
  const late = startDelivery(context, directory, standIn, 0);
  await late.accept('Order Refunded');
  while (standIn.accepted().length < 3) await standIn.received(standIn.requests.length + 1);
  assert.deepEqual(standIn.accepted(), [
    'segment::Order Completed',
    'segment::Order Shipped',
    'segment::Order Refunded',
  ]);
}
