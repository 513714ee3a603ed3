// Targets that are dead, refuse or are missing: what they hold back, and that they hold back no other target.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDispatcher } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { deadLettersOf } from '../../testkit/outbox.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { testEachKind } from '../../testkit/target-kinds.js';

const names = (count: number, prefix = 'event') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

testEachKind(
  'after enough failures the circuit opens, claims nothing, and one event finds out when the target is back',
  async (context, kind) => {
    let answer: StandInAnswer = { status: 503 };
    const standIn = await kind.serve(context, () => answer);
    const { aim, append, clock, told, dispatcher, outbox, drain } = startDispatcher(context, {
      kind,
      limits: { failuresToOpen: 3 },
    });
    aim('acme', standIn);
    const circuit = () => dispatcher.status().lanes[0]?.circuit;
    await append('acme', names(5));
    for (const failures of [1, 2, 3]) {
      assert.equal(circuit() ?? 'closed', 'closed');
      await clock.skip();
      await told(failures);
    }
    assert.equal(circuit(), 'open');
    assert.match(dispatcher.status().lanes[0]?.problem ?? '', /answered 503/);

    const claims = outbox.claims.length;
    assert.equal(await clock.nextIn(), 30_000);
    await append('acme', ['later']);
    clock.advance(29_999);
    assert.equal(await clock.nextIn(), 1);
    assert.equal(outbox.claims.length, claims);

    clock.advance(1);
    await told(4);
    assert.deepEqual(standIn.requests.at(-1)?.names, ['event-0']);
    assert.equal(circuit(), 'open');
    assert.equal(await clock.nextIn(), 60_000);

    answer = kind.yes;
    await drain();
    assert.equal(circuit(), 'closed');
    assert.equal(dispatcher.status().lanes[0]?.problem, undefined);
    assert.deepEqual(
      standIn.requests.slice(-2).map((request) => request.names),
      [['event-0'], ['event-1', 'event-2', 'event-3', 'event-4', 'later']],
    );
  },
);

for (const [status, reason] of [
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
] as const) {
  testEachKind(
    `${status} makes dead letters of one batch and keeps the backlog until the key is replaced`,
    async (context, kind) => {
      const standIn = await kind.serve(context, (_names, headers) =>
        kind.keyOf(headers) === kind.key ? kind.yes : { status, body: `no: ${kind.keyOf(headers)}` },
      );
      const { aim, append, clock, told, dispatcher, outbox, drain, logLines } = startDispatcher(context, { kind });
      aim('acme', standIn, { maxBatchEvents: 3, key: 'secret-wrong' });
      await append('acme', names(9));
      await told(1);
      const letters = () => outbox.dead.map(({ messageId }) => messageId);
      assert.deepEqual(letters(), names(3));
      for (const letter of outbox.dead) {
        assert.equal(letter.reason, reason);
        assert.equal(letter.attempts, 1);
        assert.equal(letter.answer, `${kind.title} answered ${status}: no: [redacted]`);
      }
      assert.equal(dispatcher.status().lanes[0]?.circuit, 'open');
      assert.equal(await clock.skip(), 30_000);
      await told(2);
      assert.deepEqual(letters(), names(4), 'finding out costs one event');
      assert.equal(await clock.nextIn(), 60_000);

      aim('acme', standIn, { maxBatchEvents: 3 });
      dispatcher.wake();
      assert.deepEqual(await drain(), [], 'the new key does not wait for the old circuit');
      assert.deepEqual(standIn.accepted(), names(9).slice(4));
      assert.equal(outbox.dead.length, 4);
      assert.ok(!logLines.join().includes('secret-wrong'));
    },
  );
}

testEachKind('a target that never answers does not delay another', async (context, kind) => {
  const dead = await kind.serve(context, () => 'hang');
  const standIn = await kind.serve(context, () => kind.yes);
  const { aim, append, clock, dispatcher, settledBy, told } = startDispatcher(context, {
    kind,
    limits: { maxConcurrent: 2 },
  });
  aim('dead', dead);
  aim('acme', standIn, { maxBatchEvents: 5 });
  await append('dead', ['lost']);
  await clock.skip();
  await dead.received(1);
  await append('acme', names(50));
  await told(10);
  assert.deepEqual(settledBy('delivered'), names(50));
  assert.equal(dispatcher.status().inFlight, 1, 'the dead one still hangs');
  assert.equal(dead.requests.length, 1);
});

test('lanes in trouble never hold all permits', async (context) => {
  const dead = await serveLogEvent(context, () => (dead.requests.length < 4 ? { status: 503 } : 'hang'));
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, settledBy, told, dispatcher } = startDispatcher(context, {
    limits: { maxConcurrent: 2 },
  });
  for (const id of names(4, 'dead')) {
    aim(id, dead, { maxBatchEvents: 1 });
    await append(id, ['lost']);
  }
  await told(4);
  await clock.nextIn();
  clock.advance(600_000);
  await dead.received(5);
  aim('acme', statsig, { maxBatchEvents: 5 });
  await append('acme', names(20));
  await told(8);
  assert.deepEqual(settledBy('delivered'), names(20));
  assert.equal(dead.requests.length, 5, 'three dead lanes wait for the permit of the fourth');
  assert.equal(dispatcher.status().inFlight, 1);
});

test('a workspace with a long backlog takes turns with the others', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, drain } = startDispatcher(context, { limits: { maxConcurrent: 1 } });
  aim('busy', statsig, { maxBatchEvents: 1 });
  aim('quiet', statsig, { maxBatchEvents: 1 });
  await append('busy', names(40, 'busy'));
  await statsig.received(3);
  await append('quiet', names(3, 'quiet'));
  await drain();
  const order = statsig.requests.flatMap((request) => request.names);
  assert.equal(order.length, 43);
  assert.ok(order.indexOf('quiet-2') < 20, order.join());
});

test('no more requests are under way than allowed, in all and for one workspace', async (context) => {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const statsig = await serveLogEvent(context, () => ({ delayed, status: 202 }));
  const { aim, append, dispatcher, drain, settledBy } = startDispatcher(context, {
    limits: { maxConcurrent: 3, maxConcurrentPerLane: 2 },
  });
  for (const id of ['a', 'b', 'c']) {
    aim(id, statsig, { maxBatchEvents: 1 });
    await append(id, names(4, id));
  }
  await statsig.received(3);
  const { inFlight, lanes } = dispatcher.status();
  assert.equal(inFlight, 3);
  assert.ok(lanes.every((lane) => lane.inFlight <= 2));
  assert.equal(statsig.requests.length, 3);
  release();
  await drain();
  assert.equal(new Set(settledBy('delivered')).size, 12);
  assert.equal(statsig.accepted().length, 12);
});

test('the deliveries of a target without settings wait, said once', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, dispatcher, drain, logLines, outbox, told } = startDispatcher(context);
  aim('other', statsig, { maxBatchEvents: 1 });
  await append('gone', ['a']);
  await append('gone', ['b']);
  await append('other', ['x']);
  await told(1);
  assert.equal(
    dispatcher.status().lanes.find(({ workspaceId }) => workspaceId === 'gone')?.problem,
    'no settings for this target',
  );
  dispatcher.wake();
  await append('other', ['y']);
  await told(2);
  assert.ok((await clock.nextIn()) > 60_000, 'there is no polling');
  assert.equal(outbox.waiting.length, 2);
  assert.equal(logLines.filter((line) => line.includes('Nothing is delivered to this target')).length, 1);

  aim('gone', statsig);
  dispatcher.wake();
  assert.deepEqual(await drain(), [1000]);
  assert.deepEqual(statsig.accepted(), ['x', 'y', 'a', 'b']);
});

test('what waits for a target that is gone becomes a dead letter in the end', async (context) => {
  const clock = new FakeClock();
  const outbox = new MemoryOutbox({ now: clock.now, maxAgeMs: 3 * 60 * 60_000 });
  const { append } = startDispatcher(context, { clock, outbox });
  await append('gone', ['a']);
  const start = clock.now();
  while (clock.now() - start <= 3 * 60 * 60_000) await clock.skip();
  assert.ok(clock.now() - start <= 4 * 60 * 60_000 + 1, 'within an hour of its end');
  while (outbox.lanes().length > 0) await new Promise(setImmediate);
  assert.deepEqual(
    (await deadLettersOf(outbox)).map(({ messageId, reason }) => [messageId, reason]),
    [['a', 'expired']],
  );
});

test('a workspace without a key records the request it would send', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, drain, recorded, settledBy, outcomes, clock } = startDispatcher(context);
  aim('trial', statsig, { key: '' });
  await append('trial', ['a', 'b']);
  await drain();
  assert.equal(statsig.requests.length, 0);
  assert.deepEqual(settledBy('delivered'), ['a', 'b']);
  assert.equal(outcomes[0]?.status, undefined);
  const [request, ...others] = recorded;
  assert.deepEqual(others, []);
  assert.equal(request?.workspaceId, 'trial');
  assert.equal(request.url, `${statsig.url}/v1/log_event`);
  assert.equal(request.at, clock.now());
  assert.equal(request.events, 2);
  assert.equal(request.headers['statsig-event-count'], '2');
  assert.ok(!('STATSIG-API-KEY' in request.headers));
  const body: { events: { eventName: string }[] } = JSON.parse(request.body);
  assert.deepEqual(
    body.events.map(({ eventName }) => eventName),
    ['a', 'b'],
  );
});

test('a key that no header can hold makes the deliveries wait and is not printed', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, dispatcher, drain, logLines } = startDispatcher(context);
  aim('acme', statsig, { key: 'secret-\nbroken' });
  await append('acme', ['a']);
  await clock.skip();
  assert.equal(await clock.nextIn(), 500);
  assert.match(dispatcher.status().lanes[0]?.problem ?? '', /STATSIG-API-KEY/);
  aim('acme', statsig);
  dispatcher.wake();
  assert.deepEqual(await drain(), []);
  assert.deepEqual(statsig.accepted(), ['a']);
  assert.ok(!logLines.join().includes('broken'));
});
