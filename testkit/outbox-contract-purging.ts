// What every outbox promises about taking out what concerns somebody.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DELETIONS_TARGET, type LaneId, laneId, STATSIG_TARGET } from '../src/outbox/lane-id.js';
import type { Delivery, Outbox } from '../src/outbox/outbox.js';
import { ACME, about, assertAbout, claimAll, deadLettersOf, event, idsOf, START } from './outbox.js';
import type { CheckOutbox } from './outbox-contract.js';

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

/** @param check one promise, tried on a new empty outbox */
export function testPurging(check: CheckOutbox): void {
  check('purges what waits and what died, in all lanes of the workspace and in no other', async (open, clock) => {
    const outbox = await open({ now: clock.now });
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
    clock.at += 500;
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

  check('counts rightly what a purge leaves', async (open, { now }) => {
    const outbox = await open({ now });
    const bob = of('bob', 'b', { acceptedAt: START + 90_000 });
    await outbox.append([of('ada', 'dead')]);
    await giveUp(outbox, await claimAll(outbox));
    await outbox.append([of('ada', 'a'), bob, event('x', { target: 'segment-us', payload: '{"userId":"ada"}' })]);
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
    assert.deepEqual(await outbox.status(), { at: START, ok: true, bytes: 0, lanes: [] });
    assert.equal(await outbox.nextDueAt(ACME), undefined);
  });

  check('a purge leaves what is claimed, and finds it once it is settled', async (open, { now }) => {
    const outbox = await open({ now });
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

  check('what is purged stays a duplicate, and what comes after a purge stays', async (open, { now }) => {
    const outbox = await open({ now });
    await outbox.append([of('ada', 'a')]);
    assert.equal((await outbox.purge('acme', ADA)).removed, 1);
    assert.deepEqual(await outbox.append([of('ada', 'a'), of('ada', 'b')]), ['duplicate', 'accepted']);
    assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
  });

  check('a purge is told when each was accepted', async (open, clock) => {
    const outbox = await open({ now: clock.now });
    await outbox.append([of('ada', 'a'), of('ada', 'b', { acceptedAt: START + 5 })]);
    const { people } = about('ada');
    const concerns = (_payload: string, _target: string, acceptedAt: number) => acceptedAt <= START;
    const { removed } = await outbox.purge('acme', { people, concerns });
    assert.equal(removed, 1);
    clock.at += 5;
    assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
  });

  check('a closed outbox purges nothing', async (open, { now }) => {
    const outbox = await open({ now });
    await outbox.append([of('ada', 'a')]);
    await outbox.close();
    await assert.rejects(outbox.purge('acme', ADA), { code: 'OUTBOX_UNAVAILABLE' });
  });

  check('a purge makes room', async (open, { now }) => {
    const outbox = await open({ now, maxBytes: 1.5 * LARGE });
    const large = (person: string) =>
      event(person, { payload: JSON.stringify({ user: { userID: person }, long: 'x'.repeat(LARGE) }) });
    await outbox.append([large('ada')]);
    await assert.rejects(outbox.append([large('bob')]), { code: 'OUTBOX_FULL' });
    await outbox.purge('acme', ADA);
    assert.equal((await outbox.status()).ok, true);
    assert.deepEqual(await outbox.append([large('bob')]), ['accepted']);
  });

  check('nothing is given out after it was purged, however many claim and settle meanwhile', async (open, { now }) => {
    const outbox = await open({ now, dedupeWindowMs: 0 });
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
  });

  check('what dies or is put back while a purge looks is taken out, or counts as under way', async (open, { now }) => {
    const outbox = await open({ now });
    const crowd = Array.from({ length: 3_000 }, (_, index) => of('bob', `bob-${index}`, { acceptedAt: START + 1 }));
    await outbox.append(crowd);
    for (let round = 0; round < 24; round += 1) {
      await outbox.append([of('ada', `dying-${round}`), of('ada', `dead-${round}`)]);
      const [dying, dead] = await claimAll(outbox);
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

  check('purges only the named workspace, whatever its name holds', async (open, { now }) => {
    const outbox = await open({ now });
    const names = ['a', 'a:b', 'a%2Fb', 'ä b'];
    await outbox.append(names.map((workspaceId) => of('ada', 'x', { workspaceId })));
    for (const [index, name] of names.entries()) {
      assert.deepEqual(await outbox.purge(name, ADA), { removed: 1, underWay: 0 });
      assert.deepEqual(
        outbox.lanes(),
        names.slice(index + 1).map((rest) => laneId(rest, 'statsig')),
      );
    }
  });
}
