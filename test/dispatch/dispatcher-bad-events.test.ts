// Events that a target does not take, among others that it does: what each costs the others.

import assert from 'node:assert/strict';
import { startDispatcher } from '../../testkit/dispatch.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { testEachKind } from '../../testkit/target-kinds.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);

testEachKind(
  '413 halves the request until its parts fit; what does not fit alone is a dead letter',
  async (context, kind) => {
    const standIn = await kind.serve(context, (events) =>
      events.includes('huge') || events.length > 3 ? { status: 413, body: 'too large' } : kind.yes,
    );
    const { aim, append, drain, outbox, settledBy } = startDispatcher(context, { kind });
    aim('acme', standIn);
    await append('acme', ['a', 'b', 'c', 'huge', 'd', 'e', 'f', 'g', 'h']);
    assert.deepEqual(await drain(), [1000]);
    assert.deepEqual(standIn.accepted(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    assert.deepEqual(settledBy('delivered'), standIn.accepted());
    assert.deepEqual(
      outbox.dead.map(({ messageId, reason, attempts, answer }) => ({ messageId, reason, attempts, answer })),
      [{ messageId: 'huge', reason: 'too_large', attempts: 1, answer: `${kind.title} answered 413: too large` }],
    );
  },
);

for (const status of [400, 422]) {
  testEachKind(
    `${status} bisects down to the events that are to blame; all others are delivered once, in order`,
    async (context, kind) => {
      const poison = new Set(['event-3', 'event-17', 'event-18']);
      const standIn = await kind.serve(context, (events) =>
        events.some((name) => poison.has(name)) ? { status, body: 'bad event' } : kind.yes,
      );
      const { aim, append, drain, outbox, settledBy } = startDispatcher(context, { kind });
      aim('acme', standIn);
      await append('acme', names(30));
      assert.deepEqual(await drain(), [1000], 'the halves go at once');
      const healthy = names(30).filter((name) => !poison.has(name));
      assert.deepEqual(standIn.accepted(), healthy);
      assert.deepEqual(settledBy('delivered'), healthy);
      assert.deepEqual(
        outbox.dead.map(({ messageId, reason, attempts, answer }) => [messageId, reason, attempts, answer]),
        [...poison].map((name) => [name, 'rejected', 1, `${kind.title} answered ${status}: bad event`]),
      );
      assert.ok(standIn.requests.length < 30, `${standIn.requests.length} requests`);
    },
  );
}

testEachKind('a failure amid a bisection puts what is left back, and no event arrives twice', async (context, kind) => {
  const fails = new Set(['3', '5']);
  const standIn = await kind.serve(context, (events) => {
    if (fails.delete(String(standIn.requests.length))) return { status: 503 };
    return events.includes('event-6') ? { status: 400 } : kind.yes;
  });
  const { aim, append, drain, outbox } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', names(8));
  await drain();
  assert.deepEqual(
    standIn.accepted(),
    names(8).filter((name) => name !== 'event-6'),
  );
  assert.deepEqual(
    outbox.dead.map(({ messageId, reason }) => [messageId, reason]),
    [['event-6', 'rejected']],
  );
});

testEachKind(
  'whatever comes back, each event ends up accepted once or in a dead letter, in order',
  async (context, kind) => {
    // A linear congruential generator: the same run every time.
    let seed = 20_260_115;
    const chance = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const failures: StandInAnswer[] = [
      { status: 500 },
      { status: 429, headers: { 'retry-after': '3' } },
      { status: 408 },
      { status: 413 },
      'reset',
    ];
    const standIn = await kind.serve(context, (events) => {
      if (events.some((name) => name.endsWith('7'))) return { status: 400 };
      return chance() < 0.4 ? (failures[Math.floor(chance() * failures.length)] ?? kind.yes) : kind.yes;
    });
    const { aim, append, drain, outbox, settledBy } = startDispatcher(context, {
      kind,
      random: chance,
      limits: { maxAttempts: 6, retryWindowMs: 0 },
    });
    aim('acme', standIn, { maxBatchEvents: 16 });
    await append('acme', names(120));
    await drain();

    const accepted = standIn.accepted();
    const dead = outbox.dead.map(({ messageId }) => String(messageId));
    const inOrder = (some: readonly string[]) => [...some].sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
    assert.deepEqual(inOrder([...accepted, ...dead]), names(120));
    assert.deepEqual(accepted, inOrder(accepted));
    assert.deepEqual(settledBy('delivered'), accepted);
    assert.ok(accepted.length > 60, `${accepted.length} accepted`);
  },
);
