// What a long outage and a flaky target do to events that are not to blame: nothing.

import assert from 'node:assert/strict';
import { startDispatcher } from '../../testkit/dispatch.js';
import { createRandom } from '../../testkit/random.js';
import { testEachKind } from '../../testkit/target-kinds.js';

const HOUR_MS = 3_600_000;

testEachKind('an outage of a day gives up no event', async (context, kind) => {
  const standIn = await kind.serve(context, () => ({ status: 503 }));
  const dispatcher = startDispatcher(context, { kind });
  dispatcher.aim('acme', standIn);
  const start = dispatcher.clock.now();
  await dispatcher.append(
    'acme',
    Array.from({ length: 20 }, (_, i) => `event-${i}`),
  );
  while (dispatcher.clock.now() - start < 23 * HOUR_MS) {
    const told = dispatcher.outcomes.length;
    await Promise.race([dispatcher.clock.nextIn(), dispatcher.told(told + 1)]);
    if (dispatcher.clock.pending > 0) await dispatcher.clock.skip();
  }
  assert.ok(standIn.requests.length > 100, 'it was tried all the time');
  assert.deepEqual(dispatcher.outbox.dead, []);
});

testEachKind(
  'where a quarter of the requests fail, a batch with poison in it loses the poison only',
  async (context, kind) => {
    const random = createRandom(5);
    const standIn = await kind.serve(context, (names) => {
      if (random.chance(0.25)) return { status: 503 };
      return names.some((name) => name.startsWith('poison')) ? { status: 400 } : kind.yes;
    });
    const dispatcher = startDispatcher(context, { kind, random: () => 0.5 });
    dispatcher.aim('acme', standIn);
    await dispatcher.append(
      'acme',
      Array.from({ length: 500 }, (_, i) => (i % 50 === 25 ? `poison-${i}` : `event-${i}`)),
    );
    await dispatcher.drain();
    assert.deepEqual(
      dispatcher.outbox.dead.map(({ messageId, reason }) => `${messageId?.split('-')[0]} ${reason}`),
      Array.from({ length: 10 }, () => 'poison rejected'),
    );
    assert.equal(standIn.accepted().length, 490);
  },
);
