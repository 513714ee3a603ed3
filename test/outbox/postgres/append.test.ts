// What is appended to a database that replicas share is there once, whole, and as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PluginError } from '../../../src/base/errors.js';
import type { OutboxEvent } from '../../../src/outbox/outbox.js';
import type { Queries } from '../../../src/postgres/connection.js';
import { DatabaseError } from '../../../src/postgres/database-error.js';
import { ACME, event, idsOf, START } from '../../../testkit/outbox.js';
import { openAppends } from '../../../testkit/postgres-append.js';
import { propertyRuns } from '../../../testkit/property-runs.js';
import { until } from '../../../testkit/until.js';

const codeIs = (code: string) => (error: PluginError) => error.code === code;

/** Counts appends, and can hold them or fail in their place. */
function watched() {
  const seen = { appends: 0, held: undefined as Promise<void> | undefined, fault: undefined as Error | undefined };
  const through = (database: Queries): Queries => ({
    async query(statement, values) {
      if (statement.name === 'append') {
        seen.appends += 1;
        await seen.held;
        if (seen.fault !== undefined) throw seen.fault;
      }
      return database.query(statement, values);
    },
  });
  return { seen, through };
}

test('events come back as they were, whatever is in them', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  const texts = [
    '',
    'null',
    '{"a":1}',
    ' {\n\t"a" : "\\u0000"}\n',
    '"\0"',
    '"\ud800"',
    '"\udfff\ud800"',
    '"é😀\ufffd"',
    '\x1e\x1f\n',
  ];
  const odd = ['a\0b', 'a\ud800', 'a\ud801', 'a\n"b",\\', '\x1e', 'ü', '', ' '.repeat(5000)];
  const aged = event(undefined, { acceptedAt: START - 86_400_000 });
  const events: OutboxEvent[] = [
    ...texts.map((payload, index) => event(`${index}`, { payload, person: null })),
    ...odd.map((messageId) =>
      event(messageId, { person: `${messageId} person`, once: { key: messageId, value: messageId, windowMs: 1000 } }),
    ),
    aged,
  ];
  assert.deepEqual(new Set(await append(events)), new Set(['accepted']));
  assert.deepEqual(
    (await append(events.slice(0, -1))).filter((result) => result !== 'duplicate'),
    [],
  );
  // Each in a row of its own, where nothing else gives it away.
  const alone = texts.map((payload, index) =>
    event(`alone ${index}`, { payload, target: `statsig-${index}`, person: null }),
  );
  await append(alone);
  events.push(...alone);
  const waiting = await outbox.waiting();
  assert.deepEqual(
    waiting.map(({ messageId, payload, onceKey }) => ({ messageId, payload, onceKey })),
    events.map(({ messageId, payload, once }) => ({ messageId, payload, onceKey: once?.key })),
  );
  assert.deepEqual(
    waiting.map(({ person }) => person > 0),
    events.map(({ person }) => person !== null),
    'what no one has said is a number, too',
  );
  const [first] = waiting;
  const last = waiting.at(events.indexOf(aged));
  assert.ok(first && last && Math.abs(last.acceptedAt + 86_400_000 - first.acceptedAt) < 60_000, 'it keeps its age');
  assert.ok(Math.abs(first.acceptedAt - Date.now()) < 60_000, "by the database's clock");
});

test('a payload of 9 MB is stored beside small ones', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  const payload = `"${'€'.repeat(3 << 20)}"`;
  const results = await Promise.all([append([event('1')]), append([event('2', { payload })]), append([event('3')])]);
  assert.deepEqual(results, [['accepted'], ['accepted'], ['accepted']]);
  const large = (await outbox.waiting()).find(({ messageId }) => messageId === '2');
  assert.ok(large?.payload === payload);
});

test('calls that come together share a commit and rows; each is answered for itself', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { seen, through } = watched();
  const { append, told } = outbox.open({ through });
  const results = await Promise.all([
    append([event('1'), event('2', { target: 'segment-eu' }), event('1')]),
    append([event('2'), event('1')]),
    append([]),
    append([event('2', { origin: 'partner' })]),
  ]);
  assert.deepEqual(results, [['accepted', 'accepted', 'duplicate'], ['accepted', 'duplicate'], [], ['accepted']]);
  assert.equal(seen.appends, 1);
  const waiting = await outbox.waiting();
  assert.deepEqual(
    waiting.map(({ lane, messageId, seq }) => [lane, messageId, seq]),
    [
      [ACME, '1', '1'],
      [ACME, '2', '1'],
      [ACME, '2', '1'],
      ['acme/segment-eu', '2', '2'],
    ],
  );
  assert.deepEqual(
    told.map(({ lane, events }) => [lane, events]),
    [
      [ACME, 3],
      ['acme/segment-eu', 1],
    ],
  );
  assert.deepEqual(await append([event('1'), event('3')]), ['duplicate', 'accepted']);
  assert.deepEqual(await append([event('1'), event('3')]), ['duplicate', 'duplicate']);
  assert.deepEqual(idsOf(await outbox.waiting()), ['1', '2', '2', '2', '3']);
});

test('a row is bounded, and order is kept over rows', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append } = outbox.open();
  const many = Array.from({ length: 600 }, (_, index) =>
    event(`${index}`, { payload: index === 300 ? 'y'.repeat(2_000_000) : '{}' }),
  );
  await append(many);
  assert.deepEqual(
    idsOf(await outbox.waiting()),
    many.map(({ messageId }) => messageId),
  );
  const { rows } = await outbox.database.query<{ n: number }>({
    name: 'n',
    text: 'select n from event_row order by seq',
  });
  assert.deepEqual(
    rows.map(({ n }) => n),
    [250, 50, 1, 250, 49],
  );
});

test('what waits while commits are under way goes into one', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { seen, through } = watched();
  const { append } = outbox.open({ through });
  let letGo = () => {};
  seen.held = new Promise((resolve) => {
    letGo = resolve;
  });
  const first = append([event('a')]);
  await turn();
  const small = append([event('b')]);
  await turn();
  assert.equal(seen.appends, 1, 'a small one waits for others');
  const large = append([event('c', { payload: `"${'x'.repeat(100_000)}"` })]);
  await turn();
  assert.equal(seen.appends, 2, 'two at a time, where it is worth it');
  const others = Promise.all(Array.from({ length: 50 }, (_, index) => append([event(`${index}`)])));
  await turn();
  letGo();
  await Promise.all([first, small, large, others]);
  assert.equal(seen.appends, 3);
});

test('a value that the database refuses fails the call that it came with alone', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  await outbox.database.query({ name: 'odd', text: 'select 1' });
  const { append } = outbox.open();
  await append([event('first')]);
  await outbox.database.query({ name: 'check', text: `alter table event_row add check (events not like '%poison%')` });
  const results = await Promise.allSettled([
    append([event('1')]),
    append([event('2'), event('3', { payload: '"poison"' })]),
    append([event('4')]),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  const [, refused] = results;
  assert.ok(refused?.status === 'rejected' && codeIs('OUTBOX_UNAVAILABLE')(refused.reason));
  assert.doesNotMatch(String(refused.reason), /poison/);
  assert.deepEqual(idsOf(await outbox.waiting()), ['first', '1', '4']);
  assert.deepEqual(await append([event('2')]), ['accepted'], 'nothing of that call is remembered');
});

test('what is not stored and what no one knows are told apart', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { seen, through } = watched();
  const { append, room } = outbox.open({ through });
  seen.fault = new DatabaseError('ECONNREFUSED', 'no one there', 'not stored');
  await assert.rejects(append([event('1')]), codeIs('OUTBOX_UNAVAILABLE'));
  assert.equal(room.bytes, 0);
  seen.fault = new DatabaseError('TIMEOUT', 'silent', 'unknown');
  await assert.rejects(append([event('1')]), codeIs('OUTBOX_UNCONFIRMED'));
  assert.ok(room.bytes > 0, 'it may be there');
});

test('a database that does not answer: senders are answered within 5 s, and what was not begun is not stored', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { seen, through } = watched();
  const { append, told } = outbox.open({ through });
  let letGo = () => {};
  seen.held = new Promise((resolve) => {
    letGo = resolve;
  });
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const underWay = append([event('a')]);
  await turn();
  const second = append([event('b')]);
  await turn();
  const waits = append([event('c', { payload: `"${'x'.repeat(60 << 20)}"` })]);
  await turn();
  await assert.rejects(
    append([event('d', { payload: `"${'x'.repeat(5 << 20)}"` })]),
    codeIs('OUTBOX_UNAVAILABLE'),
    'too much waits: at once',
  );
  const settled = Promise.allSettled([underWay, second, waits]);
  for (let passed = 0; passed < 4_900; passed += 100) context.mock.timers.tick(100);
  const results = await settled;
  assert.deepEqual(
    results.map((result) => result.status === 'rejected' && result.reason.code),
    ['OUTBOX_UNCONFIRMED', 'OUTBOX_UNCONFIRMED', 'OUTBOX_UNAVAILABLE'],
  );
  context.mock.timers.reset();
  letGo();
  seen.held = undefined;
  await until(() => told.length === 2, 'what was under way is stored');
  assert.deepEqual(await append([event('c')]), ['accepted'], 'it was not stored');
  assert.deepEqual(await append([event('a'), event('b')]), ['duplicate', 'duplicate'], 'these were, after all');
});

test('of equal ids that two replicas store at once each is stored once', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const replicas = [outbox.open(), outbox.open()] as const;
  let run = 0;
  const ids = fc.array(fc.nat(30), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), ids), { minLength: 2, maxLength: 12 }), async (calls) => {
      run += 1;
      const name = (id: number) => `${run} ${id}`;
      const results = await Promise.all(
        calls.map(([which, numbers]) => replicas[which ? 1 : 0].append(numbers.map((id) => event(name(id))))),
      );
      const asked = new Set(calls.flatMap(([, numbers]) => numbers.map(name)));
      const accepted = calls.flatMap(([, numbers], call) =>
        numbers.filter((_, index) => results[call]?.[index] === 'accepted').map(name),
      );
      assert.deepEqual(accepted.toSorted(), [...asked].toSorted());
      const stored = (await outbox.waiting())
        .map(({ messageId }) => messageId)
        .filter((id) => id?.startsWith(`${run} `));
      assert.deepEqual(stored.toSorted(), [...asked].toSorted());
    }),
    { numRuns: propertyRuns(12) },
  );
});

/** Lets begin what begins with the next turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
