// A large call does not keep others waiting: its events are prepared in slices, and a step ends with so many events.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimAll, event, openOnDisk, outboxDirectory } from '../../testkit/outbox.js';

/** Counts turns of the event loop. */
function countTurns(context: { after(fn: () => void): void }) {
  let turn = 0;
  let isOver = false;
  const next = () => {
    turn += 1;
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  context.after(() => {
    isOver = true;
  });
  return () => turn;
}

test('the events of a call are prepared in slices, in which others get their turn', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  const turn = countTurns(context);
  // Each look at the clock finds that much time has gone by.
  let now = performance.now();
  context.mock.method(performance, 'now', () => {
    now += 1_000;
    return now;
  });
  const turns = new Set<number>();
  const events = Array.from({ length: 200 }, (_, index) => {
    const made = event(`id-${index}`);
    const { payload } = made;
    return Object.defineProperty(made, 'payload', {
      enumerable: true,
      get() {
        turns.add(turn());
        return payload;
      },
    });
  });
  const results = await outbox.append(events);
  assert.deepEqual(new Set(results), new Set(['accepted']));
  assert.ok(turns.size >= 5, `${turns.size} turns`);
  assert.equal((await claimAll(outbox)).length, 200);
});

test('a step takes so many events, however small they are', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  const turn = countTurns(context);
  const append = async (name: string, count: number) => {
    await outbox.append(Array.from({ length: count }, (_, index) => event(`${name}-${index}`, { payload: '{}' })));
    return turn();
  };
  // The first is written at once, alone; the others wait for it together.
  const [, second = 0, third = 0] = await Promise.all([append('a', 1), append('b', 4_200), append('c', 4_200)]);
  assert.ok(third > second, `both in turn ${second}`);
});
