// A lane with a backlog claims the events of several requests at once, and all that holds for one request holds for each of them.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startDispatcher } from '../../testkit/dispatch.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { type TargetKind, testEachKind } from '../../testkit/target-kinds.js';

const names = (count: number, prefix = 'event') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** A dispatcher whose workspace `acme` has 1,100 events to send, 200 in a request; the first request is answered when the test says so. */
async function startWithBacklog(context: TestContext, kind: TargetKind, first: Partial<StandInAnswer & object> = {}) {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const answers: StandInAnswer[] = [{ delayed, status: kind.yes.status, ...first }];
  const standIn = await kind.serve(context, () => answers.shift() ?? kind.yes);
  const harness = startDispatcher(context, { kind, limits: { maxConcurrent: 1 } });
  harness.aim('acme', standIn, { maxBatchEvents: 200 });
  await harness.append('acme', names(1100));
  await standIn.received(1);
  return { ...harness, standIn, release };
}

testEachKind('a backlog is claimed five requests at a time and sent in order', async (context, kind) => {
  const { release, standIn, outbox, drain } = await startWithBacklog(context, kind);
  assert.deepEqual(
    outbox.claims.map(({ events }) => events),
    [1000],
  );
  release();
  assert.deepEqual(await drain(), [1000], 'what is no full request lingers');
  assert.deepEqual(
    standIn.requests.map((request) => request.names.length),
    [200, 200, 200, 200, 200, 100],
  );
  assert.deepEqual(standIn.accepted(), names(1100));
  assert.deepEqual(
    outbox.claims.map(({ events }) => events),
    [1000, 100],
  );
});

testEachKind('the next request is not sent before the one before is written down', async (context, kind) => {
  const { release, standIn, outbox, drain } = await startWithBacklog(context, kind);
  let write = () => {};
  outbox.stall = new Promise<void>((resolve) => {
    write = resolve;
  });
  release();
  // What is sent on loopback arrives within some turns of the event loop.
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  assert.equal(standIn.requests.length, 1);
  write();
  await drain();
  assert.deepEqual(standIn.accepted(), names(1100));
});

testEachKind('a failed request is held alone: what was claimed with it goes back, untried', async (context, kind) => {
  const { release, standIn, outbox, clock, drain } = await startWithBacklog(context, kind, { status: 503 });
  release();
  await clock.nextIn();
  const claimed = await outbox.claim(`acme/${kind.target}`, 2000, 10_000_000);
  assert.deepEqual(
    claimed.map(({ messageId }) => messageId),
    names(1100).slice(200),
  );
  assert.deepEqual([...new Set(claimed.map(({ attempts }) => attempts))], [0]);
  await outbox.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery })));
  await drain();
  assert.deepEqual(standIn.accepted(), names(1100));
});

testEachKind('between two requests of a claim another lane gets the permit', async (context, kind) => {
  const { release, standIn, aim, append, drain } = await startWithBacklog(context, kind);
  aim('quiet', standIn, { maxBatchEvents: 3 });
  await append('quiet', names(3, 'quiet'));
  await new Promise(setImmediate);
  release();
  await drain();
  assert.deepEqual(standIn.requests[1]?.names, names(3, 'quiet'));
  assert.deepEqual(
    standIn.accepted().filter((name) => name.startsWith('event')),
    names(1100),
  );
});

testEachKind('another key goes with the next request of the same claim', async (context, kind) => {
  const { release, standIn, aim, drain } = await startWithBacklog(context, kind);
  aim('acme', standIn, { maxBatchEvents: 200, key: 'another-example' });
  release();
  await drain();
  assert.deepEqual(
    standIn.requests.map(({ headers }) => kind.keyOf(headers)),
    [kind.key, ...Array.from({ length: 5 }, () => 'another-example')],
  );
  assert.deepEqual(standIn.accepted(), names(1100));
});

testEachKind('a stop sends no further request of the claim and leaves nothing claimed', async (context, kind) => {
  const { release, standIn, dispatcher, outbox, settledBy } = await startWithBacklog(context, kind);
  const stopped = dispatcher.stop(5000);
  release();
  await stopped;
  assert.equal(standIn.requests.length, 1);
  assert.deepEqual(settledBy('delivered'), names(200));
  const claimed = await outbox.claim(`acme/${kind.target}`, 2000, 10_000_000);
  assert.deepEqual(
    claimed.map(({ messageId, attempts }) => `${messageId} ${attempts}`),
    names(1100)
      .slice(200)
      .map((name) => `${name} 0`),
  );
});

testEachKind(
  'large events are claimed for several requests, none of which holds too many bytes',
  async (context, kind) => {
    const standIn = await kind.serve(context, () => kind.yes);
    const { aim, append, drain } = startDispatcher(context, { kind });
    aim('acme', standIn, { maxBatchEvents: 4, maxBatchBytes: 1800 });
    await append('acme', names(12), 500);
    await drain();
    for (const request of standIn.requests) {
      const bytes = request.names.reduce((sum, name) => sum + kind.payload(name, 500).length, 0);
      assert.ok(bytes <= 1800, `${request.names.length} events, ${bytes} bytes`);
    }
    assert.ok(standIn.requests.length <= 8);
    assert.deepEqual(standIn.accepted(), names(12));
  },
);
