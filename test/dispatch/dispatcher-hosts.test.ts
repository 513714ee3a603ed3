// What lanes share: a host that does not answer is asked by one of them, a limit lets them through in turn, and none does work for the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { DeliveryTarget } from '../../src/dispatch/delivery-target.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { EVERYTHING, startDispatcher } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';

const DOWN: StandInAnswer = { status: 503 };
const LANES = 40;
const PERMITS = 8;
const ids = (count: number, prefix = 'ws') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Turns of the event loop until nothing can be left to do but what waits for the clock or an answer. */
async function settle(): Promise<void> {
  for (let count = 0; count < 50; count += 1) await turn();
}

type Harness = ReturnType<typeof startDispatcher>;

/** Moves the clock from timer to timer for so long. */
async function pass({ clock, dispatcher }: Harness, ms: number): Promise<void> {
  const end = clock.now() + ms;
  for (;;) {
    do await settle();
    while (dispatcher.status().inFlight > 0);
    const next = clock.pending > 0 ? await clock.nextIn() : Number.POSITIVE_INFINITY;
    clock.advance(Math.min(next, end - clock.now()));
    if (clock.now() >= end) break;
  }
  do await settle();
  while (dispatcher.status().inFlight > 0);
}

test('a host that is down is asked by one lane at a time, each in its turn, and all go on as soon as it is back', async (context) => {
  let answer = DOWN;
  const statsig = await serveLogEvent(context, () => answer);
  const harness = startDispatcher(context, { limits: { maxConcurrent: PERMITS } });
  const { aim, append, clock, dispatcher, logLines } = harness;
  for (const id of ids(LANES)) {
    aim(id, statsig);
    await append(id, [id, `second-${id}`]);
  }
  await pass(harness, 20_000);
  assert.ok(
    statsig.requests.length <= 5 + PERMITS + 2,
    `${statsig.requests.length} requests until it was taken to be down`,
  );
  const [host] = dispatcher.status().hosts;
  assert.equal(host?.host, statsig.url);
  assert.equal(host?.circuit, 'open');
  assert.match(host?.problem ?? '', /answered 503/);
  for (const { circuit, problem } of dispatcher.status().lanes) {
    assert.equal(circuit, 'open');
    assert.match(problem ?? '', /answered 503/, 'a lane that was never tried says why it waits');
  }
  assert.equal(clock.pending < LANES / 2, true, 'not a timer for each lane');

  const before = statsig.requests.length;
  await pass(harness, 20 * 60_000);
  const probes = statsig.requests.slice(before);
  // After 5 s, 10 s, 20 s, 40 s, 80 s, 160 s, then every 5 minutes.
  assert.ok(probes.length >= 6 && probes.length <= 9, `${probes.length} probes in 20 minutes`);
  assert.ok(
    probes.every(({ names }) => names.length === 1),
    'each risks one event',
  );
  assert.equal(new Set(probes.map(({ names }) => names[0])).size, probes.length, 'each is another lane');

  answer = ACCEPTED;
  await append('ws-0', ['pushed']);
  const backAt = clock.now();
  await pass(harness, 5 * 60_000 + 2_000);
  assert.equal(statsig.accepted().length, 2 * LANES + 1);
  assert.deepEqual(dispatcher.status().hosts, []);
  assert.ok(clock.now() - backAt < 6 * 60_000);
  for (const id of ids(LANES)) {
    const own = statsig.accepted().filter((name) => name === id || name === `second-${id}`);
    assert.deepEqual(own, [id, `second-${id}`]);
  }
  const said = (message: string) => logLines.filter((line) => line.includes(message)).length;
  assert.equal(said('The host does not answer'), 1);
  assert.equal(said('The host answers again'), 1);
});

test('the lanes of another host go on', async (context) => {
  const dead = await serveLogEvent(context, () => DOWN);
  const well = await serveLogEvent(context, () => ACCEPTED);
  const harness = startDispatcher(context);
  for (const id of ids(10, 'dead')) harness.aim(id, dead);
  for (const id of ids(10, 'well')) harness.aim(id, well);
  for (const id of ids(10, 'dead')) await harness.append(id, [id]);
  await pass(harness, 20_000);
  for (const id of ids(10, 'well')) await harness.append(id, [id]);
  await pass(harness, 1_000);
  assert.equal(well.accepted().length, 10);
  assert.deepEqual(
    harness.dispatcher.status().hosts.map(({ host }) => host),
    [dead.url],
  );
});

for (const [what, refusal] of [
  ['a wrong key', { status: 401 }],
  ['too many requests', { status: 429 }],
] as const) {
  test(`${what} is a matter of the lane, however many have it`, async (context) => {
    const statsig = await serveLogEvent(context, (names) => (names.includes('good') ? ACCEPTED : refusal));
    const harness = startDispatcher(context);
    for (const id of ids(12)) {
      harness.aim(id, statsig);
      await harness.append(id, [id]);
    }
    await pass(harness, 5_000);
    assert.deepEqual(harness.dispatcher.status().hosts, []);
    harness.aim('acme', statsig);
    await harness.append('acme', ['good']);
    await pass(harness, 1_000);
    assert.deepEqual(statsig.accepted(), ['good']);
  });
}

test('lanes whose requests fail while others are answered hold up none', async (context) => {
  const statsig = await serveLogEvent(context, (names) =>
    names.some((name) => name.startsWith('bad')) ? DOWN : ACCEPTED,
  );
  const harness = startDispatcher(context, { limits: { maxConcurrent: 2 } });
  for (const id of ids(4, 'bad')) {
    harness.aim(id, statsig);
    await harness.append(id, [id]);
  }
  harness.aim('acme', statsig);
  for (let minute = 0; minute < 10; minute += 1) {
    await harness.append('acme', [`good-${minute}`]);
    await pass(harness, 60_000);
    assert.equal(statsig.accepted().length, minute + 1);
  }
  assert.deepEqual(harness.dispatcher.status().hosts, []);
});

test('five lanes that fail on a host hold up one that is well for seconds, however long they have failed', async (context) => {
  const statsig = await serveLogEvent(context, (names) =>
    names.some((name) => name.startsWith('bad')) ? DOWN : ACCEPTED,
  );
  const harness = startDispatcher(context);
  for (const id of ids(8, 'bad')) {
    harness.aim(id, statsig);
    await harness.append(id, [id]);
  }
  await pass(harness, 30 * 60_000);
  harness.aim('acme', statsig);
  let before = statsig.requests.length;
  for (let round = 1; round <= 4; round += 1) {
    await harness.append('acme', [`good-${round}`]);
    await pass(harness, 7_000);
    assert.equal(statsig.accepted().length, round);
    assert.ok(statsig.requests.length - before < 40, 'those that fail are not tried all the time');
    before = statsig.requests.length;
  }
});

/** Counts how often the outbox is asked. */
class CountingOutbox extends MemoryOutbox {
  looks = 0;
  statuses = 0;

  override async nextDueAt(lane: Parameters<MemoryOutbox['nextDueAt']>[0]) {
    this.looks += 1;
    return super.nextDueAt(lane);
  }

  override status() {
    this.statuses += 1;
    return super.status();
  }
}

/** Lanes that share a limit of one request in ten seconds. @returns looks into the outbox for each request, in the second half of twenty requests */
async function looksPerRequest(lanes: number): Promise<{ readonly looks: number; readonly statuses: number }> {
  const clock = new FakeClock();
  const outbox = new CountingOutbox({ ...EVERYTHING, now: clock.now });
  let freeAt = 0;
  let requests = 0;
  const target: DeliveryTarget = {
    title: 'list',
    identity: 'list',
    limitName: 'console',
    maxBatchEvents: 10,
    maxBatchBytes: 1_000,
    readyAt: () => freeAt,
    async send(part) {
      if (freeAt > clock.now()) return { kind: 'later', at: freeAt };
      freeAt = clock.now() + 10_000;
      requests += 1;
      return {
        kind: 'judged',
        verdict: { kind: 'delivered', status: 200, message: String(part.length) },
        retryAfter: undefined,
      };
    },
  };
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const dispatcher = createDispatcher({ outbox, resolve: () => target, now: clock.now, after: clock.after, log });
  dispatcher.start();
  await outbox.append(
    ids(lanes).map((workspaceId) => ({
      workspaceId,
      target: 'statsig',
      messageId: undefined,
      payload: '{}',
      origin: 'webhook',
      acceptedAt: clock.now(),
    })),
  );
  const passUntil = async (count: number) => {
    while (requests < count) {
      await settle();
      if (requests < count) await clock.skip();
    }
    await settle();
  };
  await passUntil(10);
  const before = outbox.looks;
  await passUntil(20);
  const looks = (outbox.looks - before) / 10;
  const stopped = dispatcher.stop(0);
  clock.advance(0);
  await stopped;
  assert.equal(clock.pending, 0, 'a timer is left after the stop');
  return { looks, statuses: outbox.statuses };
}

test('what a request costs does not grow with the lanes that wait for the same limit, and nothing counts all lanes', async () => {
  const few = await looksPerRequest(50);
  const many = await looksPerRequest(200);
  assert.ok(many.looks <= few.looks * 2, `${few.looks} looks for each request with 50 lanes, ${many.looks} with 200`);
  assert.ok(many.looks < 10, `${many.looks} looks for each request`);
  assert.equal(many.statuses, 0);
});
