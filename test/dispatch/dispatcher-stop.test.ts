// Stopping, and a disk that fails: nothing is lost, nothing that was accepted is sent again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { startDispatcher } from '../../testkit/dispatch.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { testEachKind } from '../../testkit/target-kinds.js';

testEachKind('a stop waits for the answer of what is under way and claims nothing more', async (context, kind) => {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const standIn = await kind.serve(context, () => ({ delayed, status: kind.yes.status }));
  const { aim, append, dispatcher, clock, outbox, settledBy } = startDispatcher(context, { kind });
  aim('acme', standIn, { maxBatchEvents: 1 });
  await append('acme', ['a', 'b']);
  await standIn.received(1);
  const stopped = dispatcher.stop(5000);
  assert.equal(dispatcher.stop(1), stopped, 'a second call is the same stop');
  await append('acme', ['c']);
  release();
  await stopped;
  assert.deepEqual(settledBy('delivered'), ['a']);
  assert.deepEqual(
    outbox.waiting.map(({ messageId }) => messageId),
    ['b', 'c'],
  );
  assert.equal(standIn.requests.length, 1);
  assert.equal(clock.pending, 0);
  assert.equal(dispatcher.status().running, false);
});

testEachKind('at the deadline requests under way are given up and their events stay', async (context, kind) => {
  const standIn = await kind.serve(context, () => 'hang');
  const { aim, append, dispatcher, clock, outbox, outcomes } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', ['a', 'b']);
  await clock.skip();
  await standIn.received(1);
  const stopped = dispatcher.stop(5000);
  assert.equal(await clock.skip(), 5000);
  await stopped;
  assert.deepEqual(
    outbox.waiting.map(({ messageId, attempts }) => [messageId, attempts]),
    [
      ['a', 1],
      ['b', 1],
    ],
  );
  assert.deepEqual(
    outcomes.map((outcome) => [outcome.kind, outcome.message]),
    [['retry', 'stopped before an answer came']],
  );
});

testEachKind('a stop amid a bisection puts back what was not sent alone', async (context, kind) => {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const standIn = await kind.serve(context, (names) =>
    names.length > 2 ? { status: 400 } : { delayed, status: kind.yes.status },
  );
  const { aim, append, dispatcher, clock, outbox, settledBy } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', ['a', 'b', 'c', 'd']);
  await clock.skip();
  await standIn.received(2);
  const stopped = dispatcher.stop(5000);
  release();
  await stopped;
  assert.deepEqual(settledBy('delivered'), ['a', 'b']);
  assert.deepEqual(
    (await outbox.claim(`acme/${kind.target}`, 10, 1000)).map(({ messageId }) => messageId),
    ['c', 'd'],
    'they are not left claimed',
  );
});

test('an outbox that cannot be read is asked again, in growing intervals', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, outbox, drain, logLines } = startDispatcher(context);
  aim('acme', statsig);
  outbox.readFault = new Error('disk gone');
  await append('acme', ['a']);
  assert.equal(await clock.skip(), 500);
  assert.equal(await clock.skip(), 1000);
  assert.equal(await clock.nextIn(), 2000);
  assert.equal(logLines.filter((line) => line.includes('disk gone')).length, 3);
  outbox.readFault = undefined;
  await drain();
  assert.deepEqual(statsig.accepted(), ['a']);
});

test('a stop ends every pause at once', async (context) => {
  const statsig = await serveLogEvent(context, () => ({ status: 503 }));
  const { aim, append, dispatcher, clock, outbox, told } = startDispatcher(context);
  aim('acme', statsig, { maxBatchEvents: 1 });
  aim('quiet', statsig);
  await append('acme', ['a']);
  await append('quiet', ['b']);
  await append('gone', ['c']);
  await told(1);
  await clock.nextIn();
  await dispatcher.stop(5000);
  assert.equal(clock.pending, 0);
  assert.equal(outbox.waiting.length, 3);
});

test('what waited before the start is delivered', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const early = startDispatcher(context);
  early.aim('acme', statsig);
  await early.dispatcher.stop(0);
  await early.append('acme', ['a']);
  assert.equal(statsig.requests.length, 0);
  const late = startDispatcher(context, { outbox: early.outbox });
  late.aim('acme', statsig);
  late.dispatcher.wake();
  await late.drain();
  assert.deepEqual(statsig.accepted(), ['a']);
});

testEachKind(
  'while the disk does not take the settlement, what was accepted is not sent again',
  async (context, kind) => {
    const answers: StandInAnswer[] = [kind.yes];
    const standIn = await kind.serve(context, () => answers[0] ?? kind.yes);
    const { aim, append, clock, outbox, drain, settledBy, logLines } = startDispatcher(context, { kind });
    aim('acme', standIn);
    outbox.fault = new Error('disk full');
    await append('acme', ['a']);
    await clock.skip();
    assert.equal(await clock.skip(), 500);
    assert.equal(await clock.skip(), 1000);
    await append('acme', ['b']);
    for (let turns = 0; turns < 5; turns += 1) await immediate();
    assert.equal(await clock.nextIn(), 2000, 'an append does not hurry the disk');
    assert.equal(standIn.requests.length, 1);
    assert.equal(outbox.waiting.length, 2);
    outbox.fault = undefined;
    await drain();
    assert.deepEqual(standIn.accepted(), ['a', 'b']);
    assert.deepEqual(settledBy('delivered'), ['a', 'b']);
    assert.equal(logLines.filter((line) => line.includes('disk full')).length, 3);
  },
);

test('a stop does not wait for a disk that fails', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, outbox, dispatcher, outcomes } = startDispatcher(context);
  aim('acme', statsig);
  outbox.fault = new Error('disk full');
  await append('acme', ['a']);
  await clock.skip();
  await clock.nextIn();
  await dispatcher.stop(5000);
  assert.equal(outbox.waiting.length, 1);
  assert.deepEqual(outcomes, []);
});

test('a stop does not wait for a disk that takes for ever', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, outbox, dispatcher, outcomes } = startDispatcher(context);
  aim('acme', statsig);
  let resume = () => {};
  outbox.stall = new Promise((resolve) => {
    resume = resolve;
  });
  await append('acme', ['a']);
  await clock.skip();
  await statsig.received(1);
  const stopped = dispatcher.stop(5000);
  clock.advance(5000);
  clock.advance(1000);
  await stopped;
  assert.deepEqual(outcomes, []);
  resume();
});
