// A move takes all of an outbox to another one, and loses or doubles nothing wherever it is killed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { moveOutbox } from '../../src/outbox/moving.js';
import { contentsOf, directoryPlace, fill, Killed, killedAt, type MovablePlace } from '../../testkit/outbox-moves.js';

const now = Date.now();

interface Pair {
  readonly name: string;
  /** `undefined` where it cannot be tried here. */
  readonly places: (context: TestContext) => { readonly from: MovablePlace; readonly to: MovablePlace } | undefined;
}

const PAIRS: readonly Pair[] = [
  {
    name: 'from one directory to another',
    places: (context) => ({ from: directoryPlace(context), to: directoryPlace(context) }),
  },
];

/** Moves until it is done, killed at a step at first. @returns how many steps there were, where it was not killed */
async function moveKilled(from: MovablePlace, to: MovablePlace, step: number): Promise<number | undefined> {
  const once = async (at: number) => {
    const [source, target] = [await from.move(), await to.move()];
    const killed = killedAt(source, target, at);
    try {
      await moveOutbox(killed.from, killed.to);
      return killed.steps();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return undefined;
    } finally {
      await source.close();
      await target.close();
    }
  };
  const steps = await once(step);
  if (steps === undefined) assert.notEqual(await once(Number.POSITIVE_INFINITY), undefined);
  return steps;
}

for (const { name, places } of PAIRS) {
  test(`${name}: what waits, in order, what was given up, what is remembered`, async (context) => {
    const found = places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const filled = await from.work();
    const { events } = await fill(filled, now);
    await filled.close();
    const control = directoryPlace(context);
    const same = await control.work();
    await fill(same, now);
    const expected = await contentsOf(same, now);
    await same.close();

    const steps = await moveKilled(from, to, Number.POSITIVE_INFINITY);
    assert.ok((steps ?? 0) > 8, 'more than one page');

    const source = await from.work();
    assert.deepEqual(await contentsOf(source, now), { lanes: [[], [], []], letters: [] }, 'nothing is left');
    await source.close();
    const target = await to.work();
    assert.deepEqual(await contentsOf(target, now), expected);
    const withIds = events.filter(({ messageId }) => messageId !== undefined);
    assert.deepEqual(new Set(await target.append(withIds)), new Set(['duplicate']));
    await target.close();
  });

  test(`${name}: a window is still its event's: what it said is not said again, until it is given up`, async (context) => {
    const found = places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const exposure = (messageId: string, value: string) => ({
      ...{ workspaceId: 'acme', target: 'segment-eu', messageId, origin: 'webhook', payload: '{}', acceptedAt: now },
      once: { key: 'user-1', value, windowMs: 3_600_000 },
    });
    const source = await from.work();
    assert.deepEqual(await source.append([exposure('a', 'A')]), ['accepted']);
    await source.close();
    await moveKilled(from, to, Number.POSITIVE_INFINITY);
    const target = await to.work();
    assert.deepEqual(await target.append([exposure('b', 'A')]), ['repeated']);
    const [delivery] = await target.claim('acme/segment-eu', 1, 1_000);
    assert.ok(delivery);
    await target.settle([{ kind: 'dead', delivery, reason: 'rejected', answer: '' }]);
    assert.deepEqual(await target.append([exposure('c', 'A')]), ['accepted'], 'it was not sent after all');
    assert.deepEqual(await target.append([exposure('d', 'B'), exposure('e', 'B')]), ['accepted', 'repeated']);
    await target.close();
  });

  test(`${name}: killed after any step, and run again, all is there once`, async (context) => {
    const control = directoryPlace(context);
    const same = await control.work();
    await fill(same, now);
    const expected = await contentsOf(same, now);
    await same.close();
    // After one is before the next.
    for (let step = 1; ; step += 1) {
      const found = places(context);
      if (found === undefined) return;
      const { from, to } = found;
      const filled = await from.work();
      await fill(filled, now);
      await filled.close();
      const steps = await moveKilled(from, to, step);
      const target = await to.work();
      assert.deepEqual(await contentsOf(target, now), expected, `killed after step ${step}`);
      await target.close();
      if (steps !== undefined) break;
    }
  });
}
