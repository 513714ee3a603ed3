// What replicas of one outbox promise each other: a lane has one owner, who loses it when it stands still, and writes nothing of it then.

import assert from 'node:assert/strict';
import { laneId } from '../../../src/outbox/lane-id.js';
import type { Delivery, LaneNote, Outbox } from '../../../src/outbox/outbox.js';
import { ACME, about, claimAll, deadLettersOf, event, idsOf } from '../../../testkit/outbox.js';
import { checkOutbox, checkReplicas, type SharedPlace } from '../../../testkit/outbox-engines.js';
import { until } from '../../../testkit/until.js';

const deliver = (outbox: Outbox, deliveries: readonly Delivery[]) =>
  outbox.settle(deliveries.map((delivery) => ({ kind: 'delivered', delivery })));

const NOTE: LaneNote = { pausedUntil: 5, failures: 3, circuit: { openUntil: 7, pauses: 2 }, target: 'digest' };

/** @returns the replica that has the lane, and the one that has not */
async function ownerOf(one: Outbox, other: Outbox, { tick }: SharedPlace): Promise<readonly [Outbox, Outbox]> {
  const holders = () => [one, other].filter((replica) => replica.lanes().includes(ACME));
  await until(async () => {
    await tick();
    return holders().length === 1;
  }, 'one replica has the lane');
  return holders()[0] === one ? [one, other] : [other, one];
}

/** Claims all of the lane as soon as the replica has it. */
async function claimSoon(outbox: Outbox, { tick }: SharedPlace): Promise<readonly Delivery[]> {
  let claimed: readonly Delivery[] = [];
  await until(async () => {
    await tick();
    claimed = await claimAll(outbox);
    return claimed.length > 0;
  }, 'the lane is taken');
  return claimed;
}

checkReplicas('a lane has one owner, who gets what any replica stores', async (one, other, place) => {
  await one.append([event('a')]);
  const [owner, guest] = await ownerOf(one, other, place);
  assert.deepEqual(await claimAll(guest), []);
  assert.equal(await guest.nextDueAt(ACME), undefined);
  assert.ok(guest.heldUntil(ACME) <= place.clock.now());
  assert.ok(owner.heldUntil(ACME) > place.clock.now());
  assert.ok(Number.isFinite(owner.heldUntil(ACME)));
  const told: string[] = [];
  owner.onAppend((lane) => told.push(lane));
  await guest.append([event('b')]);
  assert.deepEqual(await guest.append([event('a')]), ['duplicate'], 'an id is the same for all');
  await until(() => told.includes(ACME), 'the owner is told');
  assert.deepEqual(idsOf(await claimAll(owner)), ['a', 'b']);
  assert.deepEqual((await guest.status()).lanes, (await owner.status()).lanes, 'each says how all of it stands');
  assert.equal((await guest.status()).lanes[0]?.waiting, 2);
});

checkReplicas(
  'an owner that closes puts back what it has claimed, and hands over what it knows',
  async (one, other, place) => {
    await one.append([event('a'), event('b')]);
    const [owner, heir] = await ownerOf(one, other, place);
    const lost: string[] = [];
    owner.onLost((lane) => lost.push(lane));
    const [a] = await owner.claim(ACME, 1, 1_000_000);
    assert.ok(a);
    await owner.settle([{ kind: 'putBack', delivery: { ...a, attempts: 4 } }]);
    await owner.claim(ACME, 1, 1_000_000);
    owner.note(ACME, NOTE);
    assert.deepEqual(owner.noteOf(ACME), NOTE);
    await owner.close();
    assert.deepEqual(lost, [ACME]);
    const claimed = await claimSoon(heir, place);
    assert.deepEqual(
      claimed.map(({ messageId, attempts }) => [messageId, attempts]),
      [
        ['a', 4],
        ['b', 0],
      ],
    );
    assert.deepEqual(heir.noteOf(ACME), NOTE);
    heir.note(ACME, undefined);
    assert.equal(heir.noteOf(ACME), undefined);
  },
);

checkReplicas('who has lost its lane writes nothing of it, and is told', async (one, other, place) => {
  await one.append(['a', 'b', 'c', 'd'].map((id) => event(id)));
  const [owner, heir] = await ownerOf(one, other, place);
  const lost: string[] = [];
  owner.onLost((lane) => lost.push(lane));
  const [a, b, c, d] = await claimAll(owner);
  assert.ok(a && b && c && d);
  assert.equal(await deliver(owner, [d]), 'settled');
  const give = await place.takeAway(ACME);
  const settled = await owner.settle([
    { kind: 'delivered', delivery: a },
    { kind: 'putBack', delivery: { ...b, attempts: 7 } },
    { kind: 'dead', delivery: c, reason: 'rejected', answer: '' },
  ]);
  assert.equal(settled, 'lost');
  assert.equal(await deliver(owner, [a]), 'lost', 'and nothing later, either');
  assert.deepEqual(lost, [ACME]);
  assert.ok(owner.heldUntil(ACME) <= place.clock.now());
  assert.deepEqual(await claimAll(owner), []);
  assert.deepEqual(await deadLettersOf(heir), []);
  await owner.close();
  await give();
  const claimed = await claimSoon(heir, place);
  assert.deepEqual(
    claimed.map(({ messageId, attempts }) => [messageId, attempts]),
    [
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ],
  );
});

checkReplicas('who has lost its lane claims nothing more of it, before it knows', async (one, other, place) => {
  await one.append([event('a')]);
  const [owner] = await ownerOf(one, other, place);
  await owner.append([event('b')]);
  assert.deepEqual(idsOf(await owner.claim(ACME, 1, 1_000_000)), ['a']);
  const give = await place.takeAway(ACME);
  assert.deepEqual(await claimAll(owner), []);
  await give();
});

for (const kind of ['delivered', 'putBack', 'dead'] as const) {
  checkReplicas(
    `a lane that was lost and has come back takes no settlement of before: ${kind}`,
    async (one, other, place) => {
      await one.append([event('a'), event('b')]);
      const [owner] = await ownerOf(one, other, place);
      const lost: string[] = [];
      owner.onLost((lane) => lost.push(lane));
      const [a] = await claimAll(owner);
      assert.ok(a);
      await place.interrupt(ACME);
      const settlement = { delivery: { ...a, attempts: 5 }, reason: 'rejected', answer: '' };
      assert.equal(await owner.settle([{ ...settlement, kind }]), 'lost');
      assert.deepEqual(lost, [ACME]);
      assert.deepEqual(await deadLettersOf(owner), []);
      assert.equal((await owner.status()).lanes[0]?.waiting, 2);
    },
  );
}

checkReplicas(
  'a delivery of an earlier owner is settled by no one else, and settles nothing of its next claim',
  async (one, other, place) => {
    await one.append([event('a'), event('b')]);
    const [owner] = await ownerOf(one, other, place);
    const claimed = await claimAll(owner);
    const give = await place.takeAway(ACME);
    assert.equal(await deliver(owner, claimed), 'lost');
    await give();
    // Which of them has it now does not matter: what was claimed before is not what is claimed now.
    await until(async () => {
      await place.tick();
      return [one, other].some((replica) => replica.lanes().includes(ACME));
    }, 'the lane is taken');
    for (const replica of [one, other]) await deliver(replica, claimed);
    assert.equal((await one.status()).lanes[0]?.waiting, 2, 'nothing of it was claimed');
  },
);

checkReplicas(
  'who does not reach the outbox loses its lanes, and nothing is lost or given out twice',
  async (one, other, place) => {
    await one.append([event('a'), event('b'), event('c')]);
    const [owner, heir] = await ownerOf(one, other, place);
    const lost: string[] = [];
    owner.onLost((lane) => lost.push(lane));
    const [a, ...rest] = await claimAll(owner);
    assert.ok(a);
    assert.equal(await deliver(owner, [a]), 'settled');
    await place.cut(owner);
    assert.deepEqual(idsOf(await claimSoon(heir, place)), ['b', 'c']);
    await assert.rejects(owner.append([event('d')]), { name: 'PluginError' });
    assert.deepEqual(await claimAll(owner), []);
    await place.heal(owner);
    await until(async () => {
      await place.tick();
      return lost.includes(ACME);
    }, 'it learns that it has lost the lane');
    assert.equal(await deliver(owner, rest), 'lost');
    assert.deepEqual(idsOf(await claimAll(heir)), []);
    assert.equal((await heir.status()).lanes[0]?.waiting, 2);
  },
);

checkReplicas('a lane whose owner was away while nothing waited in it is served again', async (one, other, place) => {
  await one.append([event('a')]);
  const [owner, heir] = await ownerOf(one, other, place);
  assert.equal(await deliver(owner, await claimAll(owner)), 'settled');
  await place.cut(owner);
  await place.tick();
  await place.heal(owner);
  await heir.append([event('b')]);
  const claimed: (string | undefined)[] = [];
  await until(async () => {
    await place.tick();
    for (const replica of [owner, heir]) claimed.push(...idsOf(await claimAll(replica)));
    return claimed.length > 0;
  }, 'one of them has the lane');
  assert.deepEqual(claimed, ['b']);
});

checkReplicas('ids and changes that two store at once are stored once', async (one, other) => {
  const rounds = Array.from({ length: 12 }, (_, round) =>
    Array.from({ length: 40 }, (_each, index) => `${round}-${index}`),
  );
  let accepted = 0;
  for (const ids of rounds) {
    const calls = [one, other].map((replica) => replica.append(ids.map((id) => event(id))));
    const results = (await Promise.all(calls)).flat();
    accepted += results.filter((result) => result === 'accepted').length;
  }
  assert.equal(accepted, rounds.flat().length);
  const once = { key: 'user-42 checkout', value: 'a', windowMs: 60_000 };
  const exposures = Array.from({ length: 10 }, (_, index) =>
    (index % 2 === 0 ? one : other).append([event(`exposure-${index}`, { once })]),
  );
  const passed = (await Promise.all(exposures)).flat();
  assert.equal(passed.filter((result) => result === 'accepted').length, 1);
  assert.equal((await one.status()).lanes[0]?.waiting, accepted + 1);
});

checkReplicas(
  'what is claimed by any replica is under way for a purge, and what it wants back is told to the others',
  async (one, other, place) => {
    const of = (person: string, id: string) =>
      event(id, { payload: JSON.stringify({ eventName: 'e', user: { userID: person } }), person });
    await one.append([of('ada', 'a'), of('bob', 'b')]);
    const [owner, asker] = await ownerOf(one, other, place);
    const wanted: string[] = [];
    owner.onWantedBack((workspaceId) => wanted.push(workspaceId));
    asker.onWantedBack(() => wanted.push('the asker'));
    const claimed = await claimAll(owner);
    assert.deepEqual(await asker.purge('acme', about('ada')), { removed: 0, underWay: 1 });
    await asker.wantBack('acme');
    await until(() => wanted.length > 0, 'it is told');
    await owner.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery })));
    assert.deepEqual(await asker.purge('acme', about('ada')), { removed: 1, underWay: 0 });
    assert.deepEqual(idsOf(await claimAll(owner)), ['b']);
    assert.deepEqual(wanted, ['acme']);
  },
);

checkReplicas('a lane that its owner cannot serve goes to another, with what is known', async (one, other, place) => {
  await one.append([event('a')]);
  const [owner, heir] = await ownerOf(one, other, place);
  await claimAll(owner);
  owner.note(ACME, NOTE);
  const lost: string[] = [];
  owner.onLost((lane) => lost.push(lane));
  await owner.release(ACME);
  assert.deepEqual(lost, [ACME]);
  assert.deepEqual(idsOf(await claimSoon(heir, place)), ['a']);
  assert.deepEqual(heir.noteOf(ACME), NOTE);
});

checkReplicas('a dead letter that one puts back is told to the owner of its lane', async (one, other, place) => {
  await one.append([event('a'), event('b')]);
  const [owner, guest] = await ownerOf(one, other, place);
  const [a] = await claimAll(owner);
  assert.ok(a);
  await owner.settle([{ kind: 'dead', delivery: a, reason: 'rejected', answer: 'no', status: 400 }]);
  const [letter] = await deadLettersOf(guest);
  assert.equal(letter?.status, 400);
  const told: unknown[] = [];
  owner.onAppend((_lane, origin) => told.push(origin));
  const key = await guest.redeliver(letter?.key ?? '');
  await until(() => told.includes('redelivered'), 'the owner is told');
  const [again] = await claimAll(owner);
  assert.equal(again?.key, key);
});

checkOutbox(
  'what was stored and settled is there when it is opened again, and what was claimed is free',
  async (before, _clock, place) => {
    const once = { key: 'user-42 checkout', value: 'a', windowMs: 60_000 };
    await before.append([event('a', { once }), event('b'), event('c'), event('d')]);
    const [, b, c, d] = await claimAll(before);
    assert.ok(b && c && d);
    await before.settle([
      { kind: 'delivered', delivery: b },
      { kind: 'putBack', delivery: { ...c, attempts: 3 } },
      { kind: 'dead', delivery: d, reason: 'rejected', answer: 'no' },
    ]);
    const { lanes, bytes } = await before.status();
    await before.close();
    const after = await place.open();
    const now = await after.status();
    assert.deepEqual([now.lanes, now.bytes, now.ok], [lanes, bytes, true]);
    await until(() => after.lanes().includes(laneId('acme', 'statsig')), 'its lane is there');
    assert.deepEqual(
      (await claimAll(after)).map(({ messageId, attempts }) => [messageId, attempts]),
      [
        ['a', 0],
        ['c', 3],
      ],
    );
    assert.deepEqual(idsOf(await deadLettersOf(after)), ['d']);
    assert.deepEqual(await after.append([event('b'), event('e', { once })]), ['duplicate', 'repeated']);
  },
  { not: { memory: 'it forgets everything with the process' } },
);
