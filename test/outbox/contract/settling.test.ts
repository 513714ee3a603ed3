// What every outbox promises about settling, dead letters and telling how it stands.

import assert from 'node:assert/strict';
import { laneId, STATSIG_TARGET } from '../../../src/outbox/lane-id.js';
import { ACME, assertAbout, claimAll, deadLettersOf, event, idsOf, START } from '../../../testkit/outbox.js';
import { checkOutbox } from '../../../testkit/outbox-engines.js';
import { until } from '../../../testkit/until.js';

const WIDE = 1_000_000_000;
const ONCE = { key: 'exposure', value: 'treatment', windowMs: 60_000 };

checkOutbox('delivered is gone, what is put back keeps its place, settling again changes nothing', async (outbox) => {
  await outbox.append([event('a'), event('b'), event('c')]);
  const [a, b] = await outbox.claim(ACME, 2, WIDE);
  assert.ok(a && b);
  const settled = await outbox.settle([
    { kind: 'delivered', delivery: a },
    { kind: 'putBack', delivery: { ...b, attempts: 3 } },
  ]);
  assert.equal(settled, 'settled');
  assert.equal(await outbox.settle([{ kind: 'putBack', delivery: a }]), 'settled');
  assert.equal(await outbox.settle([]), 'settled');
  assert.equal((await outbox.status()).lanes[0]?.waiting, 2);
  assert.equal(await outbox.nextDueAt(ACME), START);
  const again = await claimAll(outbox);
  assert.deepEqual(
    again.map(({ messageId, attempts }) => [messageId, attempts]),
    [
      ['b', 3],
      ['c', 0],
    ],
  );
  assert.equal(again[0]?.payload, b.payload);
  assert.equal(again[0]?.acceptedAt, START);
});

checkOutbox('what is put back is found before what is claimed', async (outbox) => {
  await outbox.append([event('a'), event('b'), event('c')]);
  const [a, b] = await outbox.claim(ACME, 2, WIDE);
  assert.ok(a && b);
  await outbox.settle([{ kind: 'putBack', delivery: a }]);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'c']);
  await outbox.settle([{ kind: 'putBack', delivery: b }]);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
});

checkOutbox('dead letters say why, and can be delivered again or dropped, once', async (outbox, clock) => {
  await outbox.append([event('a'), event('b'), event('z', { workspaceId: 'other' })]);
  const other = laneId('other', STATSIG_TARGET);
  await until(() => outbox.lanes().includes(other), 'its lane is there');
  const claimed = [await claimAll(outbox), await claimAll(outbox, other)];
  const told: string[] = [];
  outbox.onAppend((lane) => told.push(lane));
  await clock.advance(7);
  for (const some of claimed)
    await outbox.settle(
      some.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'n'.repeat(5000) })),
    );
  assert.deepEqual(idsOf(await deadLettersOf(outbox)), ['a', 'b', 'z']);
  const [a, b] = await deadLettersOf(outbox, 'acme');
  assert.ok(a && b);
  assert.deepEqual(
    { reason: a.reason, answer: a.answer, diedAt: a.diedAt, acceptedAt: a.acceptedAt, payload: a.payload },
    {
      reason: 'rejected',
      answer: 'n'.repeat(4096),
      diedAt: START + 7,
      acceptedAt: START,
      payload: event('a').payload,
    },
  );
  assert.deepEqual(
    (await outbox.status()).lanes.find(({ workspaceId }) => workspaceId === 'acme'),
    {
      lane: 'acme/statsig',
      workspaceId: 'acme',
      target: 'statsig',
      waiting: 0,
      deadLetters: 2,
    },
  );
  assert.deepEqual(outbox.lanes(), []);

  const keys = await Promise.all([outbox.redeliver(a.key), outbox.redeliver(a.key)]);
  const [newKey, ...others] = keys.filter((key) => key !== undefined);
  assert.deepEqual(others, []);
  assert.deepEqual(told, ['acme/statsig']);
  assert.deepEqual((await Promise.all([outbox.drop(b.key), outbox.drop(b.key)])).toSorted(), [false, true]);
  assert.equal(await outbox.redeliver('no such key'), undefined);
  assert.deepEqual(await deadLettersOf(outbox, 'acme'), []);
  assert.equal((await deadLettersOf(outbox, 'other')).length, 1);
  const [again] = await claimAll(outbox);
  assert.equal(again?.key, newKey, 'by which it can be followed');
  assert.deepEqual([again?.messageId, again?.attempts, again?.acceptedAt], ['a', 0, START + 7]);
  assert.equal(await outbox.drop(again?.key ?? ''), false, 'what waits is no dead letter');
});

checkOutbox(
  'dead letters are read by target, by time and from behind a key, and say the status that was answered',
  async (outbox, clock) => {
    const other = { workspaceId: 'other' };
    await outbox.append([event('a'), event('b'), event('c'), event('z', other)]);
    await outbox.append([event('t', { target: 'segment' }), event('u', { target: 'segment', once: ONCE })]);
    const lanes = [ACME, laneId('other', STATSIG_TARGET), laneId('acme', 'segment')];
    const statuses = [401, 401, 503, undefined, 400, 413];
    for (const lane of lanes) {
      for (const delivery of await claimAll(outbox, lane)) {
        await clock.advance(1);
        const [status] = statuses.splice(0, 1);
        const said = status === undefined ? {} : { status };
        await outbox.settle([{ kind: 'dead', delivery, reason: 'rejected', answer: 'no', ...said }]);
      }
    }
    const ids = async (...range: Parameters<typeof outbox.deadLetters>) => {
      const letters = [];
      for await (const letter of outbox.deadLetters(...range)) letters.push(letter);
      return letters.map(({ messageId, status }) => [messageId, status]);
    };
    const [t, u, a, b, c, z] = [
      ['t', 400],
      ['u', 413],
      ['a', 401],
      ['b', 401],
      ['c', 503],
      ['z', undefined],
    ];
    assert.deepEqual(await ids(), [t, u, a, b, c, z], 'in the order of their keys');
    assert.deepEqual(await ids('acme', { target: 'statsig' }), [a, b, c]);
    assert.deepEqual(await ids(undefined, { target: 'statsig' }), [a, b, c, z]);
    assert.deepEqual(await ids('acme', { since: START + 2, until: START + 5 }), [t, b, c]);
    assert.deepEqual(await ids('acme', { target: 'nowhere' }), []);
    const keys = (await deadLettersOf(outbox)).map(({ key }) => key);
    assert.deepEqual(keys, [...keys].sort());
    for (const [at, key] of keys.entries()) {
      assert.equal((await ids(undefined, { after: key })).length, keys.length - 1 - at);
      assert.equal((await ids(undefined, { after: key, since: START })).length, keys.length - 1 - at);
    }
    const newestFirst = true;
    assert.deepEqual(await ids(undefined, { newestFirst }), [z, c, b, a, u, t]);
    assert.deepEqual(await ids('acme', { newestFirst, target: 'statsig', until: START + 2 }), [b, a]);
    for (const [at, key] of keys.entries()) {
      assert.equal((await ids(undefined, { after: key, newestFirst })).length, at);
      assert.equal((await ids(undefined, { after: key, since: START, newestFirst })).length, at);
    }
    await outbox.drop(keys[1] ?? '');
    assert.deepEqual(await ids(undefined, { after: keys[1] ?? '' }), [a, b, c, z], 'a key that is none any more');
    const [first] = keys;
    assert.ok(await outbox.redeliver(first ?? ''));
    const [again] = await claimAll(outbox, laneId('acme', 'segment'));
    assert.equal(again?.messageId, 't');
  },
);

checkOutbox(
  'what is too old becomes a dead letter when it would be claimed, and lives again when redelivered',
  async (outbox, clock) => {
    await outbox.append([event('old-1'), event('old-2')]);
    await clock.advance(500);
    await outbox.append([event('young', { acceptedAt: clock.at })]);
    await clock.advance(501);
    assert.deepEqual(idsOf(await outbox.claim(ACME, 1, WIDE)), ['young']);
    const letters = await deadLettersOf(outbox);
    assert.deepEqual(
      letters.map(({ messageId, reason }) => [messageId, reason]),
      [
        ['old-1', 'expired'],
        ['old-2', 'expired'],
      ],
    );
    assert.ok(await outbox.redeliver(letters[0]?.key ?? ''));
    assert.deepEqual(idsOf(await claimAll(outbox)), ['old-1']);
  },
  { limits: { maxAgeMs: 1000 } },
);

checkOutbox('gives the once key back when its event dies, and only then', async (outbox) => {
  const exposure = (id: string) => event(id, { once: { key: 'user-42 button_color', value: 'red', windowMs: 10_000 } });
  await outbox.append([exposure('a')]);
  const [a] = await claimAll(outbox);
  assert.ok(a);
  await outbox.settle([{ kind: 'putBack', delivery: a }]);
  assert.deepEqual(await outbox.append([exposure('b')]), ['repeated'], 'while it is tried again');
  const [again] = await claimAll(outbox);
  assert.ok(again);
  await outbox.settle([{ kind: 'dead', delivery: again, reason: 'rejected', answer: '' }]);
  assert.deepEqual(await outbox.append([exposure('c'), exposure('d')]), ['accepted', 'repeated']);
  const [c] = await claimAll(outbox);
  assert.ok(c);
  await outbox.settle([{ kind: 'delivered', delivery: c }]);
  assert.deepEqual(await outbox.append([exposure('e')]), ['repeated'], 'once it is delivered');
});

checkOutbox('a late death does not give back what a later event holds', async (outbox, clock) => {
  const exposure = (id: string, windowMs: number) => event(id, { once: { key: 'user-42', value: 'red', windowMs } });
  await outbox.append([exposure('a', 10)]);
  const [a] = await claimAll(outbox);
  assert.ok(a);
  await clock.advance(10);
  assert.deepEqual(await outbox.append([exposure('b', 1000)]), ['accepted']);
  await outbox.settle([{ kind: 'dead', delivery: a, reason: 'rejected', answer: '' }]);
  assert.deepEqual(await outbox.append([exposure('c', 1000)]), ['repeated']);
});

checkOutbox('tells of new events once per call and lane, and not of duplicates', async (outbox) => {
  const told: string[] = [];
  outbox.onAppend((lane) => told.push(lane));
  await outbox.append([event('a'), event('b'), event('c', { workspaceId: 'other' })]);
  await outbox.append([event('a')]);
  assert.deepEqual(told, ['acme/statsig', 'other/statsig']);
});

checkOutbox('knows how much waits and since when', async (outbox, clock) => {
  const at = (seconds: number) => event(`at-${seconds}`, { acceptedAt: START + seconds * 1000, payload: 'é' });
  for (const seconds of [10, 20, 30]) {
    await clock.advance(10_000);
    await outbox.append([at(seconds)]);
  }
  const { at: _at, bytes, ...status } = await outbox.status();
  assertAbout(bytes, 6, 3);
  assert.deepEqual(status, {
    ok: true,
    lanes: [
      {
        lane: 'acme/statsig',
        workspaceId: 'acme',
        target: 'statsig',
        waiting: 3,
        deadLetters: 0,
        oldestAcceptedAt: START + 10_000,
      },
    ],
  });
  const [ten, twenty] = await claimAll(outbox);
  assert.ok(ten && twenty);
  await outbox.settle([{ kind: 'delivered', delivery: twenty }]);
  assert.equal((await outbox.status()).lanes[0]?.oldestAcceptedAt, START + 10_000);
  await outbox.settle([{ kind: 'delivered', delivery: ten }]);
  assert.equal((await outbox.status()).lanes[0]?.oldestAcceptedAt, START + 30_000);
  assertAbout((await outbox.status()).bytes, 2);
});

checkOutbox('takes nothing once it is closed', async (outbox) => {
  const [pending] = [outbox.append([event('a')]), await outbox.close()];
  assert.deepEqual(await pending, ['accepted']);
  await assert.rejects(outbox.append([event('b')]), { code: 'OUTBOX_UNAVAILABLE' });
  assert.deepEqual(await claimAll(outbox), []);
  assert.equal((await outbox.status()).ok, false);
});
