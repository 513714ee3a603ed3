// The small parts of the dispatcher whose faults a whole run would hide.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAlarm } from '../../src/dispatch/alarm.js';
import { createCircuit } from '../../src/dispatch/circuit.js';
import { createPermits, type Permit } from '../../src/dispatch/permits.js';
import { FakeClock } from '../../testkit/fake-clock.js';

test('a ring before the sleep is not missed, and leaves no timer', async () => {
  const clock = new FakeClock();
  const alarm = createAlarm(clock.now, clock.after);
  alarm.ring();
  await alarm.until(clock.now() + 1000);
  assert.equal(clock.pending, 0);
  alarm.reset();
  const slept = alarm.until(clock.now() + 1000);
  assert.equal(clock.pending, 1);
  alarm.ring();
  assert.equal(clock.pending, 0);
  await slept;
});

test('a sleep beyond what a timer can hold does not end at once', async () => {
  const clock = new FakeClock();
  const alarm = createAlarm(clock.now, clock.after);
  const slept = alarm.until(clock.now() + 1e12);
  assert.equal(await clock.nextIn(), 86_400_000);
  alarm.ring();
  await slept;
});

function openPermits(total: number) {
  const clock = new FakeClock();
  const permits = createPermits(total, clock.now);
  const order: string[] = [];
  const given = new Map<string, Permit>();
  /** Asks for a permit for a lane `owner name`. */
  function ask(name: string, slow = false): void {
    const [owner = ''] = name.split(' ');
    void permits.take({ owner, slow }).then((permit) => {
      order.push(name);
      if (permit !== undefined) given.set(name, permit);
    });
  }
  const permitOf = (name: string) => {
    const permit = given.get(name);
    assert.ok(permit, `${name} has a permit`);
    return permit;
  };
  async function give(name: string): Promise<void> {
    permitOf(name).release();
    given.delete(name);
    await nextTurn();
  }
  return { clock, permits, order, ask, give, permitOf, holders: () => [...given.keys()] };
}

test('a workspace gets its permits in the order of asking; after the close there is none', async () => {
  const { permits, order, ask, give } = openPermits(1);
  for (const name of ['shop 1', 'shop 2', 'shop 3']) ask(name);
  await nextTurn();
  await give('shop 1');
  await give('shop 2');
  assert.deepEqual(order, ['shop 1', 'shop 2', 'shop 3']);
  assert.equal(permits.taken, 1);
  ask('shop 4');
  permits.close();
  assert.equal(await permits.take({ owner: 'shop', slow: false }), undefined);
  await nextTurn();
  assert.deepEqual(order.slice(3), ['shop 4'], 'sent away');
});

test('workspaces take turns however many lanes of one wait, quick lanes and slow ones as well', async () => {
  const { order, ask, give } = openPermits(1);
  for (let lane = 1; lane <= 4; lane += 1) ask(`crowd ${lane}`);
  ask('shop 1');
  ask('acme 1');
  ask('crowd slow', true);
  await nextTurn();
  for (let count = 0; count < 6; count += 1) await give(order.at(-1) ?? '');
  assert.deepEqual(order, ['crowd 1', 'crowd slow', 'crowd 2', 'shop 1', 'acme 1', 'crowd 3', 'crowd 4']);
});

test('slow lanes hold half of the permits, one workspace three quarters', async () => {
  const { order, ask, give, permitOf, holders } = openPermits(8);
  for (let lane = 1; lane <= 40; lane += 1) ask(`crowd ${lane}`);
  for (let lane = 1; lane <= 8; lane += 1) ask(`tar-${lane} 1`, true);
  await nextTurn();
  const counts = () => [/^crowd/, /^tar/].map((owner) => holders().filter((name) => owner.test(name)).length);
  const giveOne = () => give(holders().find((name) => name.startsWith('crowd')) ?? '');
  assert.deepEqual(counts(), [6, 2]);
  assert.equal(permitOf('crowd 1').wanted, true);
  for (const expected of [
    [6, 2],
    [5, 3],
    [5, 3],
    [4, 4],
    [4, 4],
    [4, 4],
  ]) {
    await giveOne();
    assert.deepEqual(counts(), expected);
  }
  assert.equal(permitOf('tar-1 1').wanted, true);
  ask('shop 1');
  await giveOne();
  await giveOne();
  assert.equal(order.at(-1), 'shop 1', 'another workspace has its turn');
});

test('a permit whose request takes longer than a second counts as slow until the next request begins', async () => {
  const { clock, order, ask, give, permitOf } = openPermits(4);
  for (const name of ['a 1', 'b 1', 'c 1']) ask(name);
  await nextTurn();
  clock.advance(600);
  permitOf('c 1').begin();
  clock.advance(600);
  ask('tar 1', true);
  await nextTurn();
  assert.equal(order.length, 3, 'two requests are slow already');
  await give('a 1');
  assert.equal(order.at(-1), 'tar 1');
});

test('a crowd of lanes costs each call the same', async () => {
  const { order, ask, give } = openPermits(8);
  for (let lane = 0; lane < 20_000; lane += 1) ask(`workspace-${lane % 5_000} ${lane}`, lane % 3 === 0);
  await nextTurn();
  for (let given = 0; given < order.length; given += 1) await give(order[given] ?? '');
  assert.equal(new Set(order).size, 20_000);
});

test('an open circuit runs nothing until its pause is over, and then one request only', async () => {
  const clock = new FakeClock();
  const changes: string[] = [];
  const circuit = createCircuit({ now: clock.now, failuresToOpen: 2, onChange: (status) => changes.push(status) });
  const fail = async () => ({ reading: 'failed' as const });
  const answer = async () => ({ reading: 'answered' as const });
  await circuit.run(fail);
  await circuit.run(answer);
  await circuit.run(fail);
  assert.equal(circuit.status, 'closed', 'an answer in between starts the count anew');
  assert.equal(circuit.readyAt, 0);
  await circuit.run(fail);
  assert.equal(circuit.status, 'open');
  assert.equal(circuit.readyAt, clock.now() + 30_000);
  clock.advance(29_999);
  await assert.rejects(circuit.run(answer));
  clock.advance(1);
  const probe = circuit.run(answer);
  assert.equal(circuit.status, 'half-open');
  assert.equal(circuit.readyAt, Number.POSITIVE_INFINITY);
  await probe;
  assert.deepEqual(changes, ['open', 'half-open', 'closed']);
});
