// What a database that replicas share remembers of messages and windows: for as long as it should, for all replicas, and no longer than twice that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OutboxEvent } from '../../../src/outbox/outbox.js';
import { turnGenerations } from '../../../src/outbox/postgres/generations.js';
import { forgetOnce, giveBackOnce } from '../../../src/outbox/postgres/once.js';
import { event, idsOf } from '../../../testkit/outbox.js';
import { openAppends } from '../../../testkit/postgres-append.js';
import { propertyRuns } from '../../../testkit/property-runs.js';

const WINDOW_MS = 10_000;

const exposure = (id: string, value: string, overrides: Partial<OutboxEvent> = {}): OutboxEvent =>
  event(id, { target: 'segment-eu', once: { key: 'user-42 checkout', value, windowMs: WINDOW_MS }, ...overrides });

test('a message is remembered for a window at least, whatever generation it was stored in, and goes with its table', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open({ dedupeWindowMs: WINDOW_MS });
  const { database, setClock } = outbox;
  const count = async () => {
    const text =
      'select (select count(*) from mark_0)::int + (select count(*) from mark_1)::int + (select count(*) from mark_2)::int as n';
    const { rows } = await database.query<{ n: number }>({ name: 'count', text });
    return rows[0]?.n;
  };
  assert.equal(await turnGenerations(database), 0, 'nothing is remembered yet');
  assert.deepEqual(await append([event('early')]), ['accepted']);
  await setClock(WINDOW_MS - 2_000);
  assert.equal(await turnGenerations(database), 0);
  assert.deepEqual(await append([event('late')]), ['accepted']);
  await setClock(WINDOW_MS);
  assert.equal(await turnGenerations(database), 1);
  assert.equal(await turnGenerations(database), 0, 'once');
  assert.deepEqual(await append([event('late'), event('new')]), ['duplicate', 'accepted']);
  await setClock(2 * WINDOW_MS);
  assert.equal(await turnGenerations(database), 1);
  assert.equal(await count(), 3, 'the oldest table is not looked into any more, and goes with the next turn');
  assert.deepEqual(await append([event('early'), event('late'), event('new')]), ['accepted', 'accepted', 'duplicate']);
  await setClock(3 * WINDOW_MS);
  assert.equal(await turnGenerations(database), 1);
  assert.equal(await count(), 3, 'those of the first one are gone');
});

test('no window, no check; a longer window counts from then on', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const without = outbox.open({ dedupeWindowMs: 0 });
  assert.deepEqual(await without.append([event('1'), event('1')]), ['accepted', 'accepted']);
  assert.deepEqual(await outbox.open({ dedupeWindowMs: WINDOW_MS }).append([event('1')]), ['accepted']);
  await outbox.open({ dedupeWindowMs: 2 * WINDOW_MS }).append([event('2')]);
  await outbox.setClock(WINDOW_MS);
  assert.equal(await turnGenerations(outbox.database), 0, 'the longest one counts');
});

test('appends that are under way put a turn off, and appends do not wait for one', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open({ dedupeWindowMs: WINDOW_MS });
  const { database, setClock } = outbox;
  await append([event('1')]);
  await setClock(WINDOW_MS);
  await database.transaction(async (queries) => {
    const underWay = outbox.open({ dedupeWindowMs: WINDOW_MS, through: () => queries });
    assert.deepEqual(await underWay.append([event('2')]), ['accepted']);
    await assert.rejects(turnGenerations(database), { code: '55P03' });
  });
  assert.deepEqual(await append([event('1'), event('2')]), ['duplicate', 'duplicate']);
  assert.equal(await turnGenerations(database), 1);
});

test('a window lasts from the change, over generations of any length', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  const { database, setClock } = outbox;
  assert.deepEqual(await append([exposure('1', 'a', { once: { key: 'k', value: 'a', windowMs: WINDOW_MS } })]), [
    'accepted',
  ]);
  await setClock(WINDOW_MS - 2_000);
  assert.deepEqual(await append([exposure('2', 'b'), exposure('3', 'b'), exposure('4', 'a')]), [
    'accepted',
    'repeated',
    'accepted',
  ]);
  await setClock(WINDOW_MS);
  assert.equal(await turnGenerations(database), 1);
  assert.deepEqual(await append([exposure('5', 'a')]), ['repeated'], 'known from the table before');
  assert.deepEqual(
    await append([exposure('5', 'c'), exposure('2', 'c')]),
    ['duplicate', 'duplicate'],
    'what was not stored is remembered, too',
  );
  await setClock(2 * WINDOW_MS);
  assert.deepEqual(await append([exposure('6', 'a')]), ['accepted'], 'its window is over');
  assert.equal(await turnGenerations(database), 1);
  assert.deepEqual(await append([exposure('7', 'a'), exposure('8', 'b')]), ['repeated', 'accepted']);
  assert.deepEqual(idsOf(await outbox.waiting()), ['1', '2', '4', '6', '8']);
});

test('a shorter window than the one that is open does not keep back what should be sent', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  await append([exposure('1', 'a', { once: { key: 'k', value: 'a', windowMs: 10 * WINDOW_MS } })]);
  const short = exposure('2', 'a', { once: { key: 'k', value: 'a', windowMs: WINDOW_MS } });
  assert.deepEqual(await append([short]), ['accepted']);
});

test('a window is given back where it is still that of the event, in either table', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  const { database, setClock } = outbox;
  const lane = { workspaceId: 'acme', target: 'segment-eu', onceKey: 'user-42 checkout' };
  const placeOf = async (id: string) => {
    const found = (await outbox.waiting()).find(({ messageId }) => messageId === id);
    assert.ok(found);
    return { ...lane, seq: found.seq, position: found.position };
  };
  await append([event('0', { target: 'segment-eu' }), exposure('1', 'a'), exposure('2', 'b')]);
  await giveBackOnce(database, [await placeOf('1')]);
  assert.deepEqual(await append([exposure('3', 'b')]), ['repeated'], 'its window is that of 2 by now');
  await giveBackOnce(database, [await placeOf('2')]);
  assert.deepEqual(await append([exposure('4', 'b')]), ['accepted']);
  await setClock(WINDOW_MS - 1_000);
  await append([exposure('5', 'c')]);
  await setClock(WINDOW_MS);
  await turnGenerations(database);
  await giveBackOnce(database, [await placeOf('5'), await placeOf('2')]);
  assert.deepEqual(await append([exposure('6', 'c')]), ['accepted'], 'it lay in the table before');
  await forgetOnce(database, [lane]);
  assert.deepEqual(await append([exposure('7', 'c'), exposure('8', 'c')]), ['accepted', 'repeated']);
});

test('two replicas that hear of the same changes at once let each pass once', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const replicas = [outbox.open(), outbox.open()] as const;
  let run = 0;
  const keys = fc.array(fc.nat(8), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), keys), { minLength: 2, maxLength: 10 }), async (calls) => {
      run += 1;
      const results = await Promise.all(
        calls.map(([which, numbers]) =>
          replicas[which ? 1 : 0].append(
            numbers.map((key) =>
              exposure('', 'a', {
                messageId: undefined,
                once: { key: `${run} ${key}`, value: 'a', windowMs: WINDOW_MS },
              }),
            ),
          ),
        ),
      );
      const accepted = calls.flatMap(([, numbers], call) =>
        numbers.filter((_, index) => results[call]?.[index] === 'accepted'),
      );
      assert.deepEqual(accepted.toSorted(), [...new Set(calls.flatMap(([, numbers]) => numbers))].toSorted());
      assert.ok(results.flat().every((result) => result !== 'duplicate'));
    }),
    { numRuns: propertyRuns(12) },
  );
});

test('generations that change under two replicas forget nothing and know nothing too much', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const replicas = [outbox.open({ dedupeWindowMs: 1 }), outbox.open({ dedupeWindowMs: 1 })] as const;
  const { database } = outbox;
  let turned = 0;
  // At most one turn in each round: then an id of it is in the table of now, or in the one before.
  for (let round = 0; round < 30; round += 1) {
    const ids = Array.from({ length: 20 }, (_, index) => `${round} ${index}`);
    const calls = [ids, ids.toReversed()];
    const [own, other, turns] = await Promise.all([
      replicas[0].append(ids.map((id) => event(id))),
      replicas[1].append(ids.toReversed().map((id) => event(id))),
      // An append that is under way may put it off.
      turnGenerations(database).catch(() => 0),
    ]);
    turned += turns;
    const accepted = [own, other].flatMap((results, which) =>
      calls[which]?.filter((_, index) => results[index] === 'accepted'),
    );
    assert.deepEqual(accepted.toSorted(), ids.toSorted(), 'once each');
  }
  assert.ok(turned > 0);
  assert.equal((await outbox.waiting()).length, 30 * 20);
});
