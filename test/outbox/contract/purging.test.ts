// What every outbox promises about taking out what concerns somebody.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DELETIONS_TARGET, type LaneId, STATSIG_TARGET } from '../../../src/outbox/lane-id.js';
import type { Delivery, Outbox } from '../../../src/outbox/outbox.js';
import { ACME, about, assertAbout, claimAll, deadLettersOf, event, idsOf, START } from '../../../testkit/outbox.js';
import { checkOutbox } from '../../../testkit/outbox-engines.js';
import { until } from '../../../testkit/until.js';

const LARGE = 10_000;

const ADA = about('ada');

const isOfAda = (payload: string) => payload.includes('"ada"');

const of = (user: string, id: string, more: Parameters<typeof event>[1] = {}) =>
  event(id, { payload: JSON.stringify({ eventName: 'Order Completed', user: { userID: user } }), ...more });

const giveUp = (outbox: Outbox, deliveries: readonly Delivery[]) =>
  outbox.settle(deliveries.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no' })));

async function claimAllLanes(outbox: Outbox): Promise<string[]> {
  const lanes: readonly LaneId[] = outbox.lanes();
  const claimed = await Promise.all(lanes.map((lane) => claimAll(outbox, lane)));
  return claimed.flat().map(({ workspaceId, target, messageId }) => `${workspaceId}/${target} ${messageId}`);
}

checkOutbox('purges what waits and what died, in all lanes of the workspace and in no other', async (outbox, clock) => {
  await outbox.append([of('ada', 'dead'), of('bob', 'dead-too')]);
  await giveUp(outbox, await claimAll(outbox));
  await outbox.append([
    of('ada', 'a'),
    of('bob', 'b'),
    of('ada', 'later', { acceptedAt: START + 500 }),
    event('out', { target: 'segment-us', payload: '{"type":"track","userId":"ada"}' }),
    of('ada', 'kept', { target: DELETIONS_TARGET }),
    of('ada', 'other', { workspaceId: 'acme-two' }),
    of('ada', 'less', { workspaceId: 'acm' }),
  ]);
  assert.deepEqual(await outbox.purge('acme', ADA), { removed: 4, underWay: 0 });
  assert.deepEqual(idsOf(await deadLettersOf(outbox)), ['dead-too']);
  await clock.advance(500);
  await until(() => outbox.lanes().length === 4, 'its lanes are there');
  assert.deepEqual((await claimAllLanes(outbox)).toSorted(), [
    'acm/statsig less',
    'acme-two/statsig other',
    'acme/statsig b',
    `acme/${DELETIONS_TARGET} kept`,
  ]);
  assert.deepEqual(await outbox.purge('acme', about('eve')), { removed: 0, underWay: 0 });
  assert.deepEqual(await outbox.purge('nobody', ADA), { removed: 0, underWay: 0 });
  assert.deepEqual(await outbox.purge('nobody', { target: STATSIG_TARGET }), { removed: 0, underWay: 0 });
});

checkOutbox('counts rightly what a purge leaves', async (outbox, clock) => {
  const bob = of('bob', 'b', { acceptedAt: START + 90_000 });
  await outbox.append([of('ada', 'dead')]);
  await giveUp(outbox, await claimAll(outbox));
  await outbox.append([of('ada', 'a'), event('x', { target: 'segment-us', payload: '{"userId":"ada"}' })]);
  await clock.advance(90_000);
  await outbox.append([bob]);
  await outbox.purge('acme', ADA);
  const { at: _at, bytes, ...status } = await outbox.status();
  assertAbout(bytes, Buffer.byteLength(bob.payload));
  assert.deepEqual(status, {
    ok: true,
    lanes: [
      {
        lane: ACME,
        workspaceId: 'acme',
        target: 'statsig',
        waiting: 1,
        deadLetters: 0,
        oldestAcceptedAt: START + 90_000,
      },
    ],
  });
  assert.deepEqual(outbox.lanes(), [ACME]);
  assert.equal(await outbox.nextDueAt(ACME), START + 90_000);
  await outbox.purge('acme', { target: STATSIG_TARGET });
  assert.deepEqual(await outbox.status(), { at: clock.at, ok: true, bytes: 0, lanes: [] });
  assert.equal(await outbox.nextDueAt(ACME), undefined);
});

checkOutbox('a purge leaves what is claimed, and finds it once it is settled', async (outbox) => {
  await outbox.append([of('ada', 'a'), of('ada', 'b'), of('ada', 'c'), of('bob', 'd')]);
  const [a, b, c, d] = await claimAll(outbox);
  assert.ok(a && b && c && d);
  assert.deepEqual(await outbox.purge('acme', ADA), { removed: 0, underWay: 3 });
  await outbox.settle([
    { kind: 'delivered', delivery: a },
    { kind: 'putBack', delivery: b },
    { kind: 'dead', delivery: c, reason: 'rejected', answer: '' },
    { kind: 'putBack', delivery: d },
  ]);
  assert.deepEqual(await outbox.purge('acme', ADA), { removed: 2, underWay: 0 });
  assert.deepEqual(idsOf(await claimAll(outbox)), ['d']);
  assert.deepEqual(await deadLettersOf(outbox), []);
});

checkOutbox('what is purged stays a duplicate, and what comes after a purge stays', async (outbox) => {
  await outbox.append([of('ada', 'a')]);
  assert.equal((await outbox.purge('acme', ADA)).removed, 1);
  assert.deepEqual(await outbox.append([of('ada', 'a'), of('ada', 'b')]), ['duplicate', 'accepted']);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
});

checkOutbox('a purge is told when each was accepted', async (outbox, clock) => {
  await outbox.append([of('ada', 'a')]);
  await clock.advance(5);
  await outbox.append([of('ada', 'b', { acceptedAt: clock.at })]);
  const { people } = about('ada');
  const concerns = (_payload: string, _target: string, acceptedAt: number) => acceptedAt <= START;
  const { removed } = await outbox.purge('acme', { people, concerns });
  assert.equal(removed, 1);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
});

checkOutbox('a closed outbox purges nothing', async (outbox) => {
  await outbox.append([of('ada', 'a')]);
  await outbox.close();
  await assert.rejects(outbox.purge('acme', ADA), { code: 'OUTBOX_UNAVAILABLE' });
});

checkOutbox(
  'a purge makes room',
  async (outbox) => {
    const large = (person: string) =>
      event(person, { payload: JSON.stringify({ user: { userID: person }, long: 'x'.repeat(LARGE) }) });
    await outbox.append([large('ada')]);
    await assert.rejects(outbox.append([large('bob')]), { code: 'OUTBOX_FULL' });
    await outbox.purge('acme', ADA);
    assert.equal((await outbox.status()).ok, true);
    assert.deepEqual(await outbox.append([large('bob')]), ['accepted']);
  },
  { limits: { maxBytes: 1.5 * LARGE } },
);

checkOutbox(
  'nothing is given out after it was purged, however many claim and settle meanwhile',
  async (outbox) => {
    const all = Array.from({ length: 600 }, (_, index) => of(index % 3 === 0 ? 'ada' : 'bob', `id-${index}`));
    await outbox.append(all);
    const claimed: string[] = [];
    const claimedLate: string[] = [];
    let purged = false;
    const work = async (turn: number): Promise<void> => {
      const deliveries = await outbox.claim(ACME, 1 + (turn % 9), 1_000_000);
      (purged ? claimedLate : claimed).push(...deliveries.map(({ messageId }) => String(messageId)));
      const outcome = turn % 4;
      await outbox.settle(
        deliveries.map((delivery) => {
          if (outcome === 0) return { kind: 'putBack', delivery };
          if (outcome === 1) return { kind: 'dead', delivery, reason: 'rejected', answer: '' };
          return { kind: 'delivered', delivery };
        }),
      );
      if (outcome !== 1) return;
      for (const { key } of (await deadLettersOf(outbox)).slice(0, 2)) await outbox.redeliver(key);
    };
    const purgeAll = async (): Promise<number> => {
      let removed = 0;
      for (;;) {
        const look = await outbox.purge('acme', ADA);
        removed += look.removed;
        if (look.underWay === 0) return removed;
      }
    };
    const workers = Array.from({ length: 6 }, async (_, worker) => {
      for (let turn = 0; turn < 12; turn += 1) await work(turn * 6 + worker);
    });
    const removed = await purgeAll();
    purged = true;
    await Promise.all(workers);
    assert.ok(removed > 0);
    claimedLate.push(...idsOf(await claimAll(outbox)).map(String));
    const adas = new Set(all.filter(({ payload }) => isOfAda(payload)).map(({ messageId }) => messageId));
    assert.deepEqual(
      claimedLate.filter((id) => adas.has(id)),
      [],
    );
    assert.deepEqual(
      (await deadLettersOf(outbox)).filter(({ payload }) => isOfAda(payload)),
      [],
    );
    assert.equal(outbox.lanes().length, 1, 'the others are there');
  },
  { limits: { dedupeWindowMs: 0 } },
);

checkOutbox('what dies or is put back while a purge looks is taken out, or counts as under way', async (outbox) => {
  const crowd = Array.from({ length: 3_000 }, (_, index) => of('bob', `bob-${index}`));
  await outbox.append(crowd);
  for (let round = 0; round < 24; round += 1) {
    await outbox.append([of('ada', `dying-${round}`), of('ada', `dead-${round}`)]);
    const claimed = await claimAll(outbox);
    const [dying, dead] = ['dying', 'dead'].map((name) =>
      claimed.find(({ messageId }) => messageId === `${name}-${round}`),
    );
    assert.ok(dying && dead);
    await giveUp(outbox, [dead]);
    const [letter] = await deadLettersOf(outbox);
    const looking = outbox.purge('acme', ADA);
    for (let wait = 0; wait < round; wait += 1) await nextTurn();
    await Promise.all([giveUp(outbox, [dying]), outbox.redeliver(letter?.key ?? '')]);
    const { removed, underWay } = await looking;
    assert.equal(removed + underWay, 2);
    const rest = await outbox.purge('acme', ADA);
    assert.deepEqual(rest, { removed: 2 - removed, underWay: 0 });
    assert.equal((await outbox.status()).lanes[0]?.deadLetters, 0);
    assert.equal((await outbox.status()).lanes[0]?.waiting, crowd.length);
  }
});

checkOutbox('purges only the named workspace, whatever its name holds', async (outbox) => {
  const names = ['a', 'a:b', 'a%2Fb', 'ä b'];
  await outbox.append(names.map((workspaceId) => of('ada', 'x', { workspaceId })));
  for (const [index, name] of names.entries()) {
    assert.deepEqual(await outbox.purge(name, ADA), { removed: 1, underWay: 0 });
    const { lanes } = await outbox.status();
    assert.deepEqual(lanes.map(({ workspaceId }) => workspaceId).toSorted(), names.slice(index + 1).toSorted());
  }
});
