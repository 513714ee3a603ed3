// The small parts of the dispatcher whose faults a whole run would hide.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlarm } from '../src/delivery/dispatcher/alarm.js';
import { createCircuit } from '../src/delivery/dispatcher/circuit.js';
import { createSlots } from '../src/delivery/dispatcher/slots.js';
import { FakeClock } from './support/fake-clock.js';

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

test('places go round in the order of asking; after the close nobody gets one', async () => {
  const slots = createSlots(1);
  const order: string[] = [];
  const first = await slots.take(false);
  const second = slots.take(true).then((release) => {
    order.push('second');
    release?.();
  });
  const third = slots.take(false).then((release) => {
    order.push('third');
    return release;
  });
  first?.();
  await second;
  await third;
  assert.deepEqual(order, ['second', 'third']);
  assert.equal(slots.taken, 1);
  const waiting = slots.take(false);
  slots.close();
  assert.equal(await waiting, undefined);
  assert.equal(await slots.take(false), undefined);
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
