// A move takes all of an outbox to another one, and loses or doubles nothing wherever it is killed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MoveError, moveOutbox } from '../../src/outbox/moving.js';
import {
  contentsOf,
  databasePlace,
  directoryPlace,
  fill,
  Killed,
  killedAt,
  type MovablePlace,
} from '../../testkit/outbox-moves.js';

const now = Date.now();

/** Steps after which run after run is killed; the last of them is more than a run has that finds nothing left. */
const KILLED_AFTER = [1, 2, 3, 1, 2, 2, 1, 3, 4, 5, 6];

interface Places {
  readonly from: MovablePlace;
  readonly to: MovablePlace;
}

interface Pair {
  readonly name: string;
  /** `undefined` where it cannot be tried here. */
  readonly places: (context: TestContext) => Promise<Places | undefined>;
}

const PAIRS: readonly Pair[] = [
  {
    name: 'from one directory to another',
    places: async (context) => ({ from: directoryPlace(context), to: directoryPlace(context) }),
  },
  {
    name: 'from a directory to a database',
    async places(context) {
      const to = await databasePlace(context);
      return to && { from: directoryPlace(context), to };
    },
  },
  {
    name: 'from a database to a directory',
    async places(context) {
      const from = await databasePlace(context);
      return from && { from, to: directoryPlace(context) };
    },
  },
];

/** Moves until it is done, or killed after a step. @returns how many steps there were, where it was not killed */
async function move(
  from: MovablePlace,
  to: MovablePlace,
  step = Number.POSITIVE_INFINITY,
): Promise<number | undefined> {
  const [source, target] = [await from.move(), await to.move()];
  const killed = killedAt(source, target, step);
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
}

/** What an outbox holds that was filled and not moved. */
async function unmoved(context: TestContext) {
  const outbox = await directoryPlace(context).work();
  await fill(outbox, now);
  const contents = await contentsOf(outbox, now);
  await outbox.close();
  return contents;
}

for (const { name, places } of PAIRS) {
  test(`${name}: what waits, in order, what was given up, what is remembered`, async (context) => {
    const found = await places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const filled = await from.work();
    const { events } = await fill(filled, now);
    await filled.close();
    const expected = await unmoved(context);

    const steps = await move(from, to);
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
    const found = await places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const exposure = (messageId: string, value: string) => ({
      ...{ workspaceId: 'acme', target: 'segment-eu', messageId, origin: 'webhook', payload: '{}', acceptedAt: now },
      once: { key: 'user-1', value, windowMs: 3_600_000 },
    });
    const source = await from.work();
    assert.deepEqual(await source.append([exposure('a', 'A')]), ['accepted']);
    await source.close();
    await move(from, to);
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
    const expected = await unmoved(context);
    const found = await places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const filled = await from.work();
    await fill(filled, now);
    await filled.close();
    let kills = 0;
    // The first steps of a run may be those that were done before: so it comes further each time, and is killed after each kind of step.
    while (kills < 40 && (await move(from, to, KILLED_AFTER[kills % KILLED_AFTER.length])) === undefined) kills += 1;
    assert.ok(kills > 4 && kills < 40, `${kills} kills`);
    const target = await to.work();
    assert.deepEqual(await contentsOf(target, now), expected);
    await target.close();
  });

  test(`${name}: killed, it cannot be turned around`, async (context) => {
    const expected = await unmoved(context);
    const found = await places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const filled = await from.work();
    await fill(filled, now);
    await filled.close();
    let step = 0;
    const isThere = async () => {
      const target = await to.move();
      const { waiting } = await target.count();
      await target.close();
      return waiting > 0;
    };
    while (step < 100 && !(await isThere())) {
      step += 1;
      assert.equal(await move(from, to, step), undefined, 'killed');
    }
    await assert.rejects(move(to, from), MoveError);
    assert.notEqual(await move(from, to), undefined);
    assert.notEqual(await move(to, from), undefined, 'it is done: now it may be moved back');
    const source = await from.work();
    assert.deepEqual(await contentsOf(source, now), expected);
    await source.close();
  });

  test(`${name}: begun to another place, it brings all that is remembered`, async (context) => {
    const found = await places(context);
    if (found === undefined) return;
    const { from, to } = found;
    const filled = await from.work();
    const { events } = await fill(filled, now);
    await filled.close();
    const wrong = directoryPlace(context);
    let step = 0;
    const isCopied = async () => {
      const target = await wrong.move();
      const { remembered = 0 } = await target.count();
      await target.close();
      return remembered > 0;
    };
    while (step < 100 && !(await isCopied())) {
      step += 1;
      assert.equal(await move(from, wrong, step), undefined, 'killed');
    }
    // The next steps write that it is copied.
    await move(from, wrong, step + 2);
    await move(from, to);
    const target = await to.work();
    const withIds = events.filter(({ messageId }) => messageId !== undefined);
    assert.deepEqual(new Set(await target.append(withIds)), new Set(['duplicate']));
    await target.close();
  });
}
