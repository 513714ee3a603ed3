// Targets that refuse events, some of them or all: how many requests it takes to find out who is to blame, and what becomes of the events.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverJobs } from '../../src/sources/rudderstack/deliver-jobs.js';
import { startDispatcher } from '../../testkit/dispatch.js';
import { serve } from '../../testkit/loopback.js';
import { propertyRuns, sampleOf } from '../../testkit/property-runs.js';
import { testEachKind } from '../../testkit/target-kinds.js';

const names = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `event-${from + index}`);
const numberOf = (name: string) => Number(name.slice('event-'.length));

const HOUR_MS = 3_600_000;
const MOST_IN_AN_HOUR = 1_000;

/** The pauses are longest after a few minutes. How the circuit came to be open, which differs from status to status, makes no difference to them. */
for (const [status, count, batch, openMs] of [
  [400, 1_200, undefined, propertyRuns(HOUR_MS / 30)],
  [413, 120, 50, HOUR_MS / 60],
  [422, 120, 50, HOUR_MS / 60],
] as const) {
  testEachKind(
    `${status} to everything opens the circuit: ${count} events wait in order, and none is given up`,
    async (context, kind) => {
      let refuses = true;
      const standIn = await kind.serve(context, () => (refuses ? { status, body: 'no' } : kind.yes));
      const { aim, append, drain, outbox, clock, told, dispatcher } = startDispatcher(context, { kind });
      aim('acme', standIn, batch === undefined ? {} : { maxBatchEvents: batch });
      await append('acme', names(count));
      await told(1);
      const atOnce = standIn.requests.length;
      assert.ok(atOnce <= 60, `${atOnce} requests at once`);
      assert.equal(await clock.nextIn(), 30_000);
      const [lane] = dispatcher.status().lanes;
      assert.equal(lane?.circuit, 'open');
      assert.match(lane?.problem ?? '', new RegExp(`answered ${status}: no It refuses each event even alone`));
      const start = clock.now();
      while (clock.now() - start < openMs) {
        const before = standIn.requests.length;
        await clock.skip();
        while (standIn.requests.length === before) await standIn.received(before + 1);
        await clock.nextIn();
      }
      const later = standIn.requests.length - atOnce;
      assert.ok(later <= (MOST_IN_AN_HOUR * openMs) / HOUR_MS, `${later} requests in ${openMs} ms`);
      assert.deepEqual(outbox.dead, []);
      refuses = false;
      await drain();
      assert.deepEqual(standIn.accepted(), names(count));
      assert.deepEqual(outbox.dead, []);
    },
  );
}

/** Of full requests only, 500 events to Statsig and 200 to Segment, or as few as said: fewer linger first, on a clock that has to be moved. */
const MIXES: readonly {
  readonly what: string;
  readonly of: number;
  readonly batch?: number;
  readonly most: number;
  isBad(n: number): boolean;
}[] = [
  { what: 'one', of: 1_000, most: 30, isBad: (n) => n === 777 },
  { what: 'the first', of: 1_000, most: 30, isBad: (n) => n === 0 },
  { what: 'ten in a row', of: 1_000, most: 60, isBad: (n) => n >= 300 && n < 310 },
  { what: 'the first ten', of: 1_000, most: 60, isBad: (n) => n < 10 },
  { what: 'every tenth', of: 200, batch: 100, most: 180, isBad: (n) => n % 10 === 9 },
  { what: 'every second', of: 100, batch: 50, most: 200, isBad: (n) => n % 2 === 0 },
];

for (const { what, of, batch, most, isBad } of sampleOf(MIXES, 2)) {
  testEachKind(
    `${what} of ${of} events that is to blame is found; the others arrive once, in order`,
    async (context, kind) => {
      const standIn = await kind.serve(context, (events) =>
        events.some((name) => isBad(numberOf(name))) ? { status: 400, body: 'bad' } : kind.yes,
      );
      const { aim, append, drain, outbox, clock } = startDispatcher(context, { kind });
      const start = clock.now();
      aim('acme', standIn, batch === undefined ? {} : { maxBatchEvents: batch });
      await append('acme', names(of));
      await drain();
      assert.equal(clock.now(), start, 'without a pause');
      assert.deepEqual(
        standIn.accepted(),
        names(of).filter((name) => !isBad(numberOf(name))),
      );
      assert.deepEqual(
        outbox.dead.map(({ messageId, reason, answer }) => [messageId, reason, answer]),
        names(of)
          .filter((name) => isBad(numberOf(name)))
          .map((name) => [name, 'rejected', `${kind.title} answered 400: bad`]),
      );
      assert.ok(standIn.requests.length <= most, `${standIn.requests.length} requests`);
    },
  );
}

testEachKind('40 bad events in a row hold up the others for three pauses', async (context, kind) => {
  const standIn = await kind.serve(context, (events) =>
    events.some((name) => numberOf(name) < 40) ? { status: 400 } : kind.yes,
  );
  const { aim, append, drain, outbox, clock } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', names(200));
  const start = clock.now();
  await drain();
  assert.ok(clock.now() - start <= 15 * 60_000, `${clock.now() - start} ms`);
  assert.deepEqual(standIn.accepted(), names(160, 40));
  assert.deepEqual(
    outbox.dead.map(({ messageId }) => messageId),
    names(40),
  );
  assert.ok(standIn.requests.length < 200, `${standIn.requests.length} requests`);
});

testEachKind(
  'when all that waits is bad, each ends as a dead letter after as many tries as in an outage',
  async (context, kind) => {
    const standIn = await kind.serve(context, () => ({ status: 400 }));
    const limits = { maxAttempts: 4, retryWindowMs: 0 };
    const { aim, append, drain, outbox } = startDispatcher(context, { kind, limits });
    aim('acme', standIn);
    await append('acme', names(40));
    await drain();
    assert.deepEqual(
      outbox.dead.map(({ messageId, reason }) => [messageId, reason]),
      names(40).map((name) => [name, 'rejected']),
    );
    assert.ok(standIn.requests.length < 300, `${standIn.requests.length} requests`);
  },
);

testEachKind(
  'events that come one by one and are refused are believed five times, then they wait',
  async (context, kind) => {
    let refuses = true;
    const standIn = await kind.serve(context, () => (refuses ? { status: 400 } : kind.yes));
    const { aim, append, drain, outbox, clock, told, dispatcher } = startDispatcher(context, { kind });
    aim('acme', standIn);
    for (let count = 1; count <= 6; count += 1) {
      await append('acme', names(1, count));
      await clock.skip();
      await told(count);
    }
    assert.equal(outbox.dead.length, 5);
    assert.equal(dispatcher.status().lanes[0]?.circuit, 'open');
    await append('acme', names(4, 7));
    refuses = false;
    await drain();
    assert.deepEqual(standIn.accepted(), names(5, 6));
    assert.equal(outbox.dead.length, 5);
  },
);

testEachKind('an outage amid the search forgets no event', async (context, kind) => {
  let requests = 0;
  const standIn = await kind.serve(context, (events) => {
    requests += 1;
    if (requests % 3 === 0) return { status: 503 };
    return events.some((name) => numberOf(name) % 7 === 0) ? { status: 400 } : kind.yes;
  });
  const { aim, append, drain, outbox } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', names(60));
  await drain();
  assert.deepEqual(
    standIn.accepted(),
    names(60).filter((name) => numberOf(name) % 7 !== 0),
  );
  assert.deepEqual(
    outbox.dead.map(({ messageId }) => numberOf(String(messageId))).sort((a, b) => a - b),
    names(60)
      .map(numberOf)
      .filter((n) => n % 7 === 0),
  );
});

test('413 to everything that rudder-server hands over ends after some requests, and nothing is given up', async (context) => {
  let requests = 0;
  const server = await serve((request, response) => {
    request.resume();
    requests += 1;
    response.writeHead(413).end();
  });
  context.after(server.close);
  const deliver = (method: 'POST' | 'PATCH', count: number) =>
    deliverJobs({
      method,
      url: server.url,
      headers: new Headers(),
      body: method === 'POST' ? { events: names(count).map((eventName) => ({ eventName })) } : { ids: names(count) },
      jobs: names(count).map((id) => ({ id })),
      timeoutMs: 60_000,
    });
  for (const method of ['POST', 'PATCH'] as const) {
    requests = 0;
    const verdicts = await deliver(method, 1_000);
    assert.ok(requests <= 60, `${requests} requests`);
    assert.deepEqual(new Set(verdicts.map(({ verdict }) => verdict.kind)), new Set(['retry']));
    assert.deepEqual(
      verdicts.map(({ job }) => job.id),
      names(1_000),
    );
    const few = await deliver(method, 5);
    assert.deepEqual(new Set(few.map(({ verdict }) => `${verdict.kind} ${verdict.status}`)), new Set(['failed 413']));
  }
});

testEachKind('a host that refuses an event of each of 40 workspaces is blamed, too', async (context, kind) => {
  let refuses = true;
  const standIn = await kind.serve(context, () => (refuses ? { status: 400 } : kind.yes));
  const { aim, append, drain, outbox, clock, told } = startDispatcher(context, { kind });
  for (const name of names(40)) {
    aim(name, standIn);
    await append(name, [name]);
  }
  await clock.skip();
  await told(40);
  assert.equal(outbox.dead.length, 5);
  refuses = false;
  await drain();
  assert.equal(standIn.accepted().length, 35);
  assert.equal(outbox.dead.length, 5);
});
