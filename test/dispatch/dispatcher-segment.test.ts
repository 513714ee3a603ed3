// The dispatcher with targets of Segment's kind: what their limits and the shared clients of Segment's SDK make different.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDispatcher } from '../../testkit/dispatch.js';
import { serveSegment, takenEvents } from '../../testkit/segment-stand-in.js';
import { SEGMENT } from '../../testkit/target-kinds.js';

const names = (count: number, prefix = 'event') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test('a backlog goes out in order, in requests that Segment takes, each event once', async (context) => {
  const segment = await serveSegment(context);
  const { aim, append, drain, settledBy, outbox } = startDispatcher(context, { kind: SEGMENT });
  aim('acme', segment);
  await append('acme', names(1_200));
  await append('acme', names(40, 'large'), 30_000);
  await drain();
  const expected = [...names(1_200), ...names(40, 'large')];
  assert.deepEqual(segment.accepted(), expected);
  assert.deepEqual(settledBy('delivered'), expected);
  assert.deepEqual(outbox.dead, []);
  // The stand-in checks the limits; here, that they are made use of.
  assert.ok(segment.requests.length <= 9, `${segment.requests.length} requests`);
});

test('an event that is too large for Segment is a dead letter and never sent; the others of its batch are delivered once', async (context) => {
  const segment = await serveSegment(context);
  const { aim, append, drain, outbox, outcomes } = startDispatcher(context, { kind: SEGMENT });
  aim('acme', segment);
  await append('acme', names(5, 'before'));
  await append('acme', ['huge'], 33_000);
  await append('acme', names(5, 'after'));
  assert.deepEqual(await drain(), [1000]);
  assert.deepEqual(segment.accepted(), [...names(5, 'before'), ...names(5, 'after')]);
  assert.deepEqual(
    outbox.dead.map(({ messageId, reason, attempts }) => [messageId, reason, attempts]),
    [['huge', 'too_large', 1]],
  );
  assert.equal(segment.requests.length, 1, 'the others were not held back');
  assert.deepEqual(
    outcomes.map(({ kind, deliveries, status }) => [kind, deliveries.length, status]),
    [
      ['delivered', 10, 200],
      ['dead', 1, 413],
    ],
    'each is told what was said to it',
  );
});

test('what is sent again has the messageId and the content that it had before', async (context) => {
  const answers = [{ status: 500 }, 'reset', 'cut off'] as const;
  let next = 0;
  const segment = await serveSegment(context, () => answers[next++] ?? SEGMENT.yes);
  const { aim, append, drain } = startDispatcher(context, { kind: SEGMENT });
  aim('acme', segment);
  await append('acme', names(3));
  await drain();
  const batches = segment.requests.map(({ text }): unknown => JSON.parse(text).batch);
  assert.equal(batches.length, 4);
  for (const batch of batches) assert.deepEqual(batch, batches[0]);
  assert.deepEqual(
    takenEvents(segment).map(({ messageId }) => messageId),
    names(3).map((name) => `${name}:acme:segment-us`),
  );
});

test('a batch that waits for its turn at a shared client that hangs is given up at the deadline, unsent', async (context) => {
  const segment = await serveSegment(context, () => 'hang');
  const { aim, append, clock, dispatcher, outbox } = startDispatcher(context, { kind: SEGMENT });
  aim('first', segment);
  aim('second', segment);
  await append('first', ['a']);
  await clock.skip();
  await segment.received(1);
  await append('second', ['b']);
  await clock.skip();
  while (dispatcher.status().inFlight < 2) await new Promise(setImmediate);
  const stopped = dispatcher.stop(5000);
  assert.equal(await clock.skip(), 5000);
  await stopped;
  assert.deepEqual(
    segment.requests.map((request) => request.names),
    [['a']],
  );
  assert.deepEqual(
    outbox.waiting.map(({ messageId }) => messageId),
    ['a', 'b'],
  );
});
