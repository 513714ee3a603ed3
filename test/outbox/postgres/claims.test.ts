// Claims and settlements: in order, past no gap, each written once, however large the lane.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { Secret } from '../../../src/base/secret.js';
import type { Delivery, Outbox } from '../../../src/outbox/outbox.js';
import { idsOf } from '../../../testkit/outbox.js';
import { startPostgresProxy } from '../../../testkit/postgres-proxy.js';
import { type SharedOutbox, sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const LANE = 'acme/statsig' as const;
const WIDE = 10_000_000;

const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => userEvent(`m-${from + index}`));
const deliver = (outbox: Outbox, deliveries: readonly Delivery[]) =>
  outbox.settle(deliveries.map((delivery) => ({ kind: 'delivered', delivery })));
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m-${from + index}`);

async function connect({ url, schema }: SharedOutbox, context: Parameters<typeof sharedOutbox>[0]): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  context.after(() => client.end());
  await client.query(`set search_path = ${schema}`);
  return client;
}

test('a row whose transaction ends late is not passed over', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append([userEvent('first')]);
  assert.deepEqual(idsOf(await outbox.claim(LANE, 10, WIDE)), ['first']);
  const client = await connect(shared, context);
  await client.query('begin');
  await client.query(`insert into event_row (lane, n, bytes, accepted_at, events)
    select lane, n, bytes, now(), replace(events, 'first', 'laten') from event_row`);
  await outbox.append([userEvent('next')]);
  const next = await outbox.claim(LANE, 10, WIDE);
  assert.deepEqual(idsOf(next), ['next']);
  await client.query('commit');
  const found: (string | undefined)[] = [];
  await until(async () => {
    // The lane is never empty, and never at rest.
    await outbox.append([userEvent(`more-${found.length}-${Math.random()}`)]);
    const claimed = await outbox.claim(LANE, 10, WIDE);
    found.push(...idsOf(claimed));
    await deliver(outbox, claimed);
    return found.includes('laten');
  }, 'the late one is found');
  await deliver(outbox, next);
  assert.equal(new Set(found).size, found.length);
});

test('a late row is found in a lane in which nothing else comes', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append([userEvent('first')]);
  const first = await outbox.claim(LANE, 10, WIDE);
  const client = await connect(shared, context);
  await client.query('begin');
  await client.query(`insert into event_row (lane, n, bytes, accepted_at, events)
    select lane, n, bytes, now(), replace(events, 'first', 'laten') from event_row`);
  await outbox.append([userEvent('next')]);
  await deliver(outbox, [...first, ...(await outbox.claim(LANE, 10, WIDE))]);
  assert.equal(await outbox.nextDueAt(LANE), undefined);
  let isDue = false;
  outbox.onAppend(async (lane) => {
    isDue ||= (await outbox.nextDueAt(lane)) !== undefined;
  });
  await client.query('commit');
  await until(() => isDue, 'the lane is told that something is there');
  assert.deepEqual(idsOf(await outbox.claim(LANE, 10, WIDE)), ['laten']);
});

test('a lane whose claim the database refused is told of again, though nothing new comes', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append([userEvent('a')]);
  await until(() => outbox.lanes().length === 1, 'it has the lane');
  const told: string[] = [];
  outbox.onAppend((lane) => told.push(lane));
  // What it is told of at first is over: a look goes by.
  const looked = new Promise<void>((resolve) => outbox.onWantedBack(() => resolve()));
  await shared.run(`insert into signal values ('want back', 'acme', clock_timestamp())`);
  await looked;
  told.length = 0;
  await shared.run('alter table event_row rename column attempts to tries');
  assert.deepEqual(await outbox.claim(LANE, 10, WIDE), []);
  await shared.run('alter table event_row rename column tries to attempts');
  await until(() => told.length > 0, 'it is told');
  assert.deepEqual(idsOf(await outbox.claim(LANE, 10, WIDE)), ['a']);
});

/** A replica behind a proxy that holds the answer of its next claim back. @returns `undefined` where no server is installed */
async function slowClaims(context: Parameters<typeof sharedOutbox>[0]) {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return undefined;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  await outbox.append([userEvent('a')]);
  await until(() => outbox.lanes().length === 1, 'it has the lane');
  const isClaim = ({ text }: { readonly text: string }) => text.startsWith('with head as');
  const found: (string | undefined)[] = [];
  return {
    outbox,
    found,
    /** Claims, and does something before the answer is there. @returns how often the database was asked */
    async claimSlowly(meanwhile: () => Promise<void>): Promise<number> {
      proxy.forget();
      const held = proxy.failAt(isClaim, 'held');
      const claiming = outbox.claim(LANE, 10, WIDE);
      await held;
      await meanwhile();
      await proxy.release();
      found.push(...idsOf(await claiming));
      return proxy.seen.filter(isClaim).length;
    },
  };
}

test('a claim whose answer takes long reads the lane once, and gives out what it found', async (context) => {
  const slow = await slowClaims(context);
  if (slow === undefined) return;
  const now = performance.now.bind(performance);
  let laterMs = 0;
  context.mock.method(performance, 'now', () => now() + laterMs);
  const asked = await slow.claimSlowly(async () => {
    // More than may go by until a lane is read from its start again.
    laterMs = 3_000;
  });
  assert.equal(asked, 1);
  assert.deepEqual(slow.found, ['a']);
});

test('a claim does not wait for what comes while it reads: the next one has it', async (context) => {
  const slow = await slowClaims(context);
  if (slow === undefined) return;
  const told: string[] = [];
  slow.outbox.onAppend((lane) => told.push(lane));
  const asked = await slow.claimSlowly(async () => {
    await slow.outbox.append([userEvent('b')]);
  });
  assert.equal(asked, 1);
  assert.deepEqual(told, [LANE]);
  await until(async () => {
    slow.found.push(...idsOf(await slow.outbox.claim(LANE, 10, WIDE)));
    return slow.found.length === 2;
  }, 'both are found');
  assert.deepEqual(slow.found, ['a', 'b']);
});

test('a row is given out in parts, and what goes back is given out again in its place, with its tries', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append(events(0, 20));
  await outbox.append(events(20, 40));
  const one = await outbox.claim(LANE, 8, WIDE);
  const two = await outbox.claim(LANE, 8, WIDE);
  const three = await outbox.claim(LANE, 8, WIDE);
  assert.deepEqual(idsOf([...one, ...two, ...three]), ids(0, 24));
  await deliver(outbox, two);
  assert.equal(
    await outbox.settle(one.map((delivery) => ({ kind: 'putBack', delivery: { ...delivery, attempts: 2 } }))),
    'settled',
  );
  assert.deepEqual(
    await shared.run(
      'select claimed_to is not null as claimed, (select done[1] from event_row where done is not null) as done from lane',
    ),
    [{ claimed: true, done: 9 }],
  );
  const again = await outbox.claim(LANE, 10, WIDE);
  assert.deepEqual(
    again.map(({ messageId, attempts }) => [messageId, attempts]),
    [...ids(0, 8).map((id) => [id, 2]), ['m-24', 0], ['m-25', 0]],
  );
  await deliver(outbox, [...again, ...three]);
  const rest = await outbox.claim(LANE, 100, WIDE);
  assert.deepEqual(idsOf(rest), ids(26, 40));
  await deliver(outbox, rest);
  assert.deepEqual(await shared.run('select claimed_to, (select count(*)::int from event_row) as rows from lane'), [
    { claimed_to: null, rows: 0 },
  ]);
});

test('tries outlive the replica', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append(events(0, 3));
  const [a, b, c] = await one.claim(LANE, 3, WIDE);
  assert.ok(a && b && c);
  await one.settle([
    { kind: 'putBack', delivery: { ...a, attempts: 4 } },
    { kind: 'delivered', delivery: b },
    { kind: 'putBack', delivery: c },
  ]);
  await one.close();
  const other = await shared.replica();
  await until(() => other.lanes().length > 0, 'the other one has the lane');
  const claimed = await other.claim(LANE, 3, WIDE);
  assert.deepEqual(
    claimed.map(({ messageId, attempts, key }) => [messageId, attempts, key]),
    [
      ['m-0', 4, a.key],
      ['m-2', 0, c.key],
    ],
  );
});

test('a dead letter is written once, though no one knew whether it was', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append([...events(0, 2), userEvent('of-a-key', { once: { key: 'k', value: 'v', windowMs: 60_000 } })]);
  const claimed = await one.claim(LANE, 3, WIDE);
  const dead = claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no' }) as const);
  // What was committed before its answer was lost: the lane does not know of it.
  await shared.run(`insert into dead_letter (lane, seq, position, person, reason, accepted_at, attempts, bytes, died_at, letter)
    select lane, seq, 1, 0, 'rejected', 0, 0, 10, 0, '{"payload":"","answer":""}' from event_row`);
  assert.equal(await one.settle(dead), 'settled');
  assert.equal(await one.settle(dead), 'settled');
  assert.deepEqual(
    await shared.run(
      'select dead_letters, (select count(*)::int from dead_letter) as letters, (select count(*)::int from event_row) as rows from lane',
    ),
    [{ dead_letters: 2, letters: 3, rows: 0 }],
  );
  const again = await one.append([userEvent('next-of-it', { once: { key: 'k', value: 'v', windowMs: 60_000 } })]);
  assert.deepEqual(again, ['accepted'], 'its window is given back');
});

test('what is too old or damaged becomes a dead letter and holds nothing up', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append(events(0, 2));
  await outbox.append(events(2, 4));
  await outbox.append(events(4, 6));
  await shared.run(
    `update event_row set accepted_at = now() - interval '2 days' where seq = (select min(seq) from event_row)`,
  );
  await shared.run(`update event_row set events = 'no list' where seq = (select min(seq) + 1 from event_row)`);
  assert.deepEqual(idsOf(await outbox.claim(LANE, 2, WIDE)), ['m-4', 'm-5']);
  const letters = [];
  for await (const letter of outbox.deadLetters()) letters.push(letter);
  assert.deepEqual(
    letters.map(({ messageId, reason, payload }) => [messageId, reason, reason === 'damaged' ? payload : '']),
    [
      ['m-0', 'expired', ''],
      ['m-1', 'expired', ''],
      [undefined, 'damaged', 'no list'],
    ],
  );
  assert.deepEqual(await shared.run('select count(*)::int as rows from event_row'), [{ rows: 1 }]);
});

test('a claim reads as much of a lane in which much waits as of one in which little does', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await outbox.append(events(0, 100));
  // No statistics, as after a restart of a database that had nothing to count.
  const fill = (rows: number) =>
    shared.run(`insert into event_row (lane, n, bytes, accepted_at, events)
      select e.lane, e.n, e.bytes, now(), e.events from event_row e, generate_series(1, ${rows}) where e.seq = (select min(seq) from event_row)`);
  const client = await connect(shared, context);
  const pages = async () => {
    const seen = await client.query<{ pages: string }>(
      `select heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit as pages from pg_statio_user_tables where relname = 'event_row' and schemaname = '${shared.schema}'`,
    );
    return Number(seen.rows[0]?.pages);
  };
  async function costOf(replica: Outbox): Promise<number> {
    await until(() => replica.lanes().length > 0, 'it has the lane');
    const claimed = await replica.claim(LANE, 100, WIDE);
    assert.equal(claimed.length, 100);
    await deliver(replica, claimed);
    await replica.close();
    return pages();
  }
  await fill(50);
  await outbox.close();
  const before = await pages();
  const few = (await costOf(await shared.replica())) - before;
  await fill(2_000);
  const filled = await pages();
  const many = (await costOf(await shared.replica())) - filled;
  // Beside the claim it is counted how much waits, once a second, row by row.
  assert.ok(many < few + 3 * 2_000 + 1_000, `${few} pages among 50 rows, ${many} among 2,000`);
});

test('what waits is due now, however far the clock of the process is behind the database', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const now = () => Date.now() - 5_400_000;
  const outbox = await shared.replica({ now });
  await outbox.append([userEvent('a', { acceptedAt: now() })]);
  let due: number | undefined;
  await until(async () => {
    due = await outbox.nextDueAt('acme/statsig');
    return due !== undefined;
  }, 'the lane is held');
  assert.ok((due ?? 0) <= now() + 1_000, `${(due ?? 0) - now()} ms`);
});
