// Dispatchers of several replicas, which share an outbox: who stood still sends and settles nothing of lanes that are others' now, and what one knows of a target goes along with its lane.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PluginError } from '../../src/base/errors.js';
import type { DeliveryTarget, NoTarget, Part, Sent } from '../../src/dispatch/delivery-target.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { EVERYTHING } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { ACME, about, event } from '../../testkit/outbox.js';
import { SharedMemory } from '../../testkit/outbox-shared-memory.js';

const LEASE_MS = 30_000;
const REQUEST_MS = 10_000;
const LINGER_MS = 1_000;

const DELIVERED: Sent = {
  kind: 'judged',
  verdict: { kind: 'delivered', status: 202, message: '' },
  retryAfter: undefined,
};
const DOWN: Sent = { kind: 'judged', verdict: { kind: 'retry', status: 503, message: 'down' }, retryAfter: undefined };

const OF_ADA = JSON.stringify({ eventName: 'Order Completed', user: { userID: 'ada' } });

type Send = (ids: readonly (string | undefined)[], signal: AbortSignal) => Promise<Sent>;

/** What one replica is started with. */
interface Given {
  readonly send?: Send;
  readonly identity?: string;
  readonly unknown?: boolean;
}

/** Replicas on one clock. */
function openShared(context: TestContext) {
  const clock = new FakeClock();
  const shared = new SharedMemory({ ...EVERYTHING, now: clock.now }, LEASE_MS);
  const stops: (() => Promise<void>)[] = [];
  context.after(async () => {
    const stopped = Promise.all(stops.map((stop) => stop()));
    clock.advance(0);
    await settle();
    // For what is not answered.
    clock.advance(2_000);
    await stopped;
    assert.equal(clock.pending, 0, 'a timer is left after the stop');
    assert.deepEqual(shared.store.strays, [], 'settled without a claim');
  });

  /** Until nothing can be left to do but what waits for the clock. */
  async function settle(): Promise<void> {
    for (let count = 0; count < 60; count += 1) await turn();
  }

  return {
    clock,
    shared,
    settle,
    /** Moves on in steps in which leases are renewed. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= LINGER_MS) {
        clock.advance(Math.min(left, LINGER_MS));
        shared.tick();
        await settle();
      }
    },
    append: (...ids: readonly string[]) =>
      shared.store.append(ids.map((id) => event(id, { acceptedAt: clock.now(), payload: OF_ADA }))),
    start({ send = async () => DELIVERED, identity = 'one place', unknown = false }: Given = {}) {
      const replica = shared.replica();
      const sent: (string | undefined)[][] = [];
      const delivered: (string | undefined)[] = [];
      const logLines: string[] = [];
      const keep = (_fields: object, message: string) => void logLines.push(message);
      const target: DeliveryTarget = {
        title: 'a target',
        identity,
        maxBatchEvents: 2,
        maxBatchBytes: 1_000_000,
        send(part: Part, signal) {
          const ids = part.map(({ messageId }) => messageId);
          sent.push(ids);
          return send(ids, signal);
        },
      };
      const gone: NoTarget = { kind: 'no target', why: 'not here', isUnknown: true };
      const dispatcher = createDispatcher({
        outbox: replica,
        resolve: () => (unknown ? gone : target),
        limits: { requestMs: REQUEST_MS, failuresToOpen: 2, batchIntervalMs: LINGER_MS },
        now: clock.now,
        after: clock.after,
        random: () => 0.5,
        onOutcome: ({ kind, deliveries }) => {
          if (kind === 'delivered') delivered.push(...deliveries.map(({ messageId }) => messageId));
        },
        log: { debug: keep, info: keep, warn: keep, error: keep },
      });
      dispatcher.start();
      stops.push(() => dispatcher.stop(0));
      return { replica, dispatcher, sent, delivered, logLines };
    },
  };
}

/** A request that is answered when the test says so. */
function held() {
  let answer: (sent: Sent) => void = () => {};
  const signals: AbortSignal[] = [];
  const send: Send = (_ids, signal) => {
    signals.push(signal);
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  return { send, signals, answer: (sent: Sent) => answer(sent) };
}

test('who stands still beyond its lease settles and sends nothing more of its lane; the other goes on', async (context) => {
  const { shared, append, start, pass, settle } = openShared(context);
  const request = held();
  const one = start({ send: request.send });
  const other = start();
  await append('a', 'b', 'c', 'd');
  await pass(LINGER_MS);
  assert.deepEqual(one.sent, [['a', 'b']]);
  one.replica.isCut = true;
  await pass(LEASE_MS - 2 * LINGER_MS);
  assert.deepEqual(other.sent, [], 'not before the lease has ended');
  assert.equal(request.signals[0]?.aborted, false);
  await pass(3 * LINGER_MS);
  assert.deepEqual(other.sent, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  assert.equal(request.signals[0]?.aborted, true, 'what is under way is given up');
  request.answer(DELIVERED);
  await settle();
  assert.ok(one.logLines.some((line) => line.startsWith('The lane was lost while a request was under way')));
  assert.deepEqual([one.dispatcher.status().lanes, one.dispatcher.status().inFlight], [[], 0], 'its lane has ended');
  one.replica.isCut = false;
  await append('e', 'f');
  await pass(2 * LINGER_MS);
  assert.deepEqual([one.sent.length, other.sent.length], [1, 3]);
  assert.deepEqual(shared.store.waiting, []);
  assert.deepEqual(
    shared.store.settled.map(({ delivery }) => delivery.messageId),
    ['a', 'b', 'c', 'd', 'e', 'f'],
    'each once',
  );
});

test('no request begins that the lease does not cover', async (context) => {
  const { clock, append, start, pass } = openShared(context);
  const later: Sent = { ...DOWN, retryAfter: '25' };
  const one = start({ send: async () => later });
  await append('a');
  await pass(LINGER_MS);
  assert.equal(one.sent.length, 1);
  one.replica.isCut = true;
  const heldUntil = one.replica.heldUntil(ACME);
  await pass(26_000);
  assert.ok(clock.now() < heldUntil, 'it is held still');
  assert.equal(one.sent.length, 1, 'for less than a request may take');
  one.replica.isCut = false;
  await pass(2 * LINGER_MS);
  assert.equal(one.sent.length, 2, 'once it is held for longer');
});

test('who takes a lane over does not ask anew a target that is down: one event finds out when the pause ends', async (context) => {
  const { append, start, pass } = openShared(context);
  const one = start({ send: async () => DOWN });
  await append('a', 'b', 'c');
  await pass(5 * LINGER_MS);
  const asked = one.sent.length;
  assert.equal(one.dispatcher.status().lanes[0]?.circuit, 'open');
  const other = start({ send: async () => DOWN });
  one.replica.kill();
  await pass(20 * LINGER_MS);
  assert.ok(other.replica.held.has(ACME));
  assert.deepEqual(other.sent, []);
  await pass(10 * LINGER_MS);
  assert.deepEqual(other.sent, [['a']], 'a single event');
  assert.equal(other.dispatcher.status().lanes[0]?.circuit, 'open');
  await pass(55 * LINGER_MS);
  assert.equal(other.sent.length, 1, 'the second pause is longer, as it would have been');
  await pass(10 * LINGER_MS);
  assert.equal(other.sent.length, 2);
  assert.equal(one.sent.length, asked);
});

test('a pause goes along, and what is known of another place or key does not', async (context) => {
  const { append, start, pass, shared } = openShared(context);
  const one = start({ send: async () => ({ ...DOWN, retryAfter: '600' }) });
  await append('a');
  await pass(2 * LINGER_MS);
  assert.ok((shared.lane(ACME).note?.pausedUntil ?? 0) > 0);
  const same = start();
  await one.dispatcher.stop(0);
  await one.replica.close();
  await pass(60_000);
  assert.deepEqual(same.sent, []);
  const corrected = start({ identity: 'another key' });
  await same.dispatcher.stop(0);
  await same.replica.close();
  await pass(3 * LINGER_MS);
  assert.deepEqual(corrected.sent, [['a']]);
  assert.equal(shared.lane(ACME).note, undefined, 'all is well');
});

test('a lane that the settings of one replica know nothing of goes to one whose settings do', async (context) => {
  const { append, start, pass } = openShared(context);
  const older = start({ unknown: true });
  await append('a');
  const newer = start();
  await pass(8 * LINGER_MS);
  assert.deepEqual(newer.sent, [], 'an edit that comes soon costs no move');
  await pass(6 * LINGER_MS);
  assert.deepEqual(newer.sent, [['a']]);
  assert.deepEqual(older.dispatcher.status().lanes, []);
});

test('what any replica holds between two tries is put back when another one looks for it', async (context) => {
  const { append, start, pass, settle } = openShared(context);
  const one = start({ send: async () => DOWN });
  const other = start();
  await append('a', 'b');
  await pass(LINGER_MS);
  assert.equal(one.sent.length, 1);
  const purge = () => other.replica.purge('acme', about('ada'));
  assert.deepEqual((await purge()).underWay, 2);
  await other.dispatcher.putBackIdle('acme');
  await settle();
  const { target } = event('a');
  assert.deepEqual(await other.replica.purge('acme', { target }), { removed: 2, underWay: 0 });
});

test('what cannot be written down is written as soon as it can be, or forgotten when the lane is lost', async (context) => {
  const { shared, append, start, pass, settle } = openShared(context);
  const one = start();
  await append('a', 'b');
  shared.store.fault = new PluginError('OUTBOX_UNCONFIRMED');
  await pass(3 * LINGER_MS);
  assert.deepEqual(one.sent, [['a', 'b']], 'it is not sent again');
  shared.store.fault = undefined;
  await pass(5 * LINGER_MS);
  assert.deepEqual(shared.store.waiting, []);
  assert.equal(one.sent.length, 1);

  await append('c', 'd');
  shared.store.fault = new PluginError('OUTBOX_UNCONFIRMED');
  await pass(2 * LINGER_MS);
  const other = start();
  shared.take(ACME, 1);
  shared.store.fault = undefined;
  await pass(5 * LINGER_MS);
  assert.deepEqual(one.dispatcher.status().lanes, [], 'it has ended');
  shared.lane(ACME).owner = undefined;
  one.replica.isCut = true;
  await pass(2 * LINGER_MS);
  await settle();
  assert.deepEqual(other.sent, [['c', 'd']]);
  assert.deepEqual(
    [one.delivered, other.delivered],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
    'told by the one that has written it down',
  );
  one.replica.isCut = false;
});

test('a lane that comes back while its last request is under way sends nothing beside it', async (context) => {
  const { append, start, pass, settle, shared } = openShared(context);
  const request = held();
  const one = start({ send: request.send });
  await append('a', 'b', 'c');
  await pass(LINGER_MS);
  shared.take(ACME, 1);
  await pass(LINGER_MS);
  shared.lane(ACME).owner = undefined;
  await pass(5 * LINGER_MS);
  assert.ok(one.replica.held.has(ACME), 'it has the lane again');
  assert.equal(one.sent.length, 1);
  request.answer({ kind: 'aborted' });
  await settle();
  await pass(2 * LINGER_MS);
  assert.deepEqual(one.sent, [
    ['a', 'b'],
    ['a', 'b'],
  ]);
  request.answer(DELIVERED);
  await settle();
});
