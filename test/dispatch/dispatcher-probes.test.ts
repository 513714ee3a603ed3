// What is put back, and settings that change, are news of a target that took nothing: one request finds out at once, and no more than one before it is answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startDispatcher } from '../../testkit/dispatch.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';

const WRONG_KEY: StandInAnswer = { status: 401, body: 'Invalid key' };
const DOWN: StandInAnswer = { status: 503 };
const LANES = 12;
const names = Array.from({ length: LANES }, (_, index) => `ws-${index}`);

type Harness = ReturnType<typeof startDispatcher>;

/** Until nothing can be left to do but what waits for the clock. The clock stands still. */
async function settle({ dispatcher }: Pick<Harness, 'dispatcher'>): Promise<void> {
  do for (let count = 0; count < 50; count += 1) await turn();
  while (dispatcher.status().inFlight > 0);
}

async function redeliverAll({ outbox }: Pick<Harness, 'outbox'>, workspace: string): Promise<void> {
  for await (const { key } of outbox.deadLetters(workspace)) assert.ok(await outbox.redeliver(key));
}

/** One dead letter, one event that waits, and a circuit that is open for 30 s. */
async function refusedLane(harness: Harness): Promise<void> {
  await harness.append('acme', ['refused']);
  await harness.clock.skip();
  await harness.told(1);
  await harness.append('acme', ['waits', 'waits-too']);
  await settle(harness);
  assert.equal(harness.dispatcher.status().lanes[0]?.circuit, 'open');
  harness.clock.advance(1);
}

test('what is put back is tried at once, although the circuit of its target is open', async (context) => {
  let answer = WRONG_KEY;
  const statsig = await serveLogEvent(context, () => answer);
  const harness = startDispatcher(context);
  harness.aim('acme', statsig);
  await refusedLane(harness);
  answer = ACCEPTED;
  await redeliverAll(harness, 'acme');
  await settle(harness);
  assert.deepEqual(statsig.accepted(), ['waits'], 'one request finds out, without the clock');
  assert.equal(harness.dispatcher.status().lanes[0]?.circuit, 'closed');
  await harness.clock.skip();
  await settle(harness);
  assert.deepEqual(statsig.accepted(), ['waits', 'waits-too', 'refused']);
});

test('what is put back while the key is still wrong costs one event, not all that wait', async (context) => {
  const statsig = await serveLogEvent(context, () => WRONG_KEY);
  const harness = startDispatcher(context);
  harness.aim('acme', statsig);
  await refusedLane(harness);
  await redeliverAll(harness, 'acme');
  await settle(harness);
  assert.deepEqual(
    statsig.requests.map((request) => request.names),
    [['refused'], ['waits']],
  );
  assert.equal(harness.outbox.dead.length, 1);
  assert.equal(harness.outbox.waiting.length, 2);
});

test('settings that change have an open circuit probe at once, although key and address stay', async (context) => {
  let answer = WRONG_KEY;
  const statsig = await serveLogEvent(context, () => answer);
  const harness = startDispatcher(context);
  harness.aim('acme', statsig);
  await refusedLane(harness);
  answer = ACCEPTED;
  await settle(harness);
  assert.deepEqual(statsig.accepted(), []);
  harness.dispatcher.wake(['acme']);
  await settle(harness);
  assert.deepEqual(statsig.accepted(), ['waits']);
});

for (const [what, news] of [
  ['a dead letter that is put back', (harness: Harness) => redeliverAll(harness, 'extra')],
  ['settings that change', async (harness: Harness) => harness.dispatcher.wake()],
] as const) {
  test(`${what}: a host that is down is asked at once, by one request`, async (context) => {
    let answer: StandInAnswer = { status: 401 };
    const statsig = await serveLogEvent(context, () => answer);
    const harness = startDispatcher(context);
    const { aim, append, clock, dispatcher } = harness;
    aim('extra', statsig);
    await append('extra', ['extra']);
    await clock.skip();
    await harness.told(1);
    answer = DOWN;
    for (const name of names) {
      aim(name, statsig);
      await append(name, [name]);
    }
    while (dispatcher.status().hosts.length === 0) {
      await clock.skip();
      await settle(harness);
    }
    clock.advance(1);
    await settle(harness);
    const before = statsig.requests.length;
    await news(harness);
    await settle(harness);
    assert.equal(statsig.requests.length, before + 1, 'one request, however many lanes wait for the host');
    assert.equal(dispatcher.status().hosts[0]?.circuit, 'open');

    answer = ACCEPTED;
    clock.advance(1);
    await append('extra', ['again']);
    if (what.startsWith('settings')) dispatcher.wake(names);
    else dispatcher.wake(['extra']);
    await settle(harness);
    assert.deepEqual(dispatcher.status().hosts, [], 'it is back, and the clock has stood still');
  });
}
