// Lanes have one owner: two live replicas share them, a dead one loses them, and one that stood still writes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { Secret } from '../../../src/base/secret.js';
import type { LaneId } from '../../../src/outbox/lane-id.js';
import type { Delivery, Outbox } from '../../../src/outbox/outbox.js';
import { acquire } from '../../../src/outbox/postgres/acquire.js';
import { idsOf } from '../../../testkit/outbox.js';
import { startPostgresProxy } from '../../../testkit/postgres-proxy.js';
import { sharedOutbox, untilOpen, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const LANE = 'acme/statsig' as const;
const WIDE = 1_000_000;

const claim = (outbox: Outbox, lane: LaneId = LANE) => outbox.claim(lane, 100, WIDE);
const deliver = (outbox: Outbox, deliveries: readonly Delivery[]) =>
  outbox.settle(deliveries.map((delivery) => ({ kind: 'delivered', delivery })));
const toTargets = (count: number) =>
  Array.from({ length: count }, (_, index) => userEvent(`m-${index}`, { target: `target-${index}` }));

test('a lane has one owner, who leaves it to others when it closes', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const other = await shared.replica();
  const told: string[] = [];
  other.onAppend((lane) => told.push(lane));
  await one.append([userEvent('a'), userEvent('b')]);
  assert.deepEqual(idsOf(await claim(one)), ['a', 'b']);
  assert.deepEqual(await claim(other), []);
  assert.equal(await other.nextDueAt(LANE), undefined);
  assert.equal(other.heldUntil(LANE), 0);
  const left = one.heldUntil(LANE) - Date.now();
  assert.ok(left > 20_000 && left <= 30_000, `${left} ms`);
  await other.append([userEvent('c')]);
  await until(async () => (await one.claim(LANE, 1, WIDE)).length === 1, 'the owner finds what another one stored');

  const lost: string[] = [];
  one.onLost((lane) => lost.push(lane));
  await one.close();
  assert.deepEqual(lost, [LANE]);
  await until(() => told.includes(LANE), 'the other one has the lane');
  assert.deepEqual(idsOf(await claim(other)), ['a', 'b', 'c'], 'what was claimed is free again');
});

test('one that looks for lanes before the database has answered that it is there is one replica, and has its lanes at once', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const held = proxy.failAt(({ text }) => text.startsWith('insert into replica'), 'held');
  const opening = shared.open({ url: new Secret(proxy.url) });
  await held;
  // It is open without its session after a while, in which it looks several times.
  const outbox = await opening;
  await proxy.release();
  await untilOpen(outbox);
  await outbox.append([userEvent('a')]);
  let claimed: readonly Delivery[] = [];
  await until(async () => {
    claimed = await claim(outbox);
    return claimed.length > 0;
  }, 'the lane is taken');
  assert.deepEqual(idsOf(claimed), ['a']);
  assert.deepEqual(
    await shared.run(
      'select count(*)::int as replicas, (select owner from lane) = any (array_agg(id)) as mine from replica',
    ),
    [{ replicas: 1, mine: true }],
  );
});

test('a replica whose session is gone loses its lanes at once, one that stands still when its lease ends', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const begunAt = Date.now();
  await shared.ghost(['acme/of-the-dead'], 3_600_000, 900);
  await shared.ghost(['acme/of-the-still'], 3_000, 901);
  // Its session is there.
  const session = new pg.Client(shared.url);
  await session.connect();
  context.after(() => session.end());
  await session.query(`set search_path = ${shared.schema}`);
  await session.query(`select pg_advisory_lock(hashtext('statsig-cdp ' || current_schema()), 901)`);

  const outbox = await shared.replica();
  await outbox.append([userEvent('a', { target: 'of-the-dead' }), userEvent('b', { target: 'of-the-still' })]);
  await until(() => outbox.lanes().length > 0, 'a lane is taken');
  assert.ok(Date.now() - begunAt >= 700, 'not before it could have come back');
  assert.deepEqual(outbox.lanes(), ['acme/of-the-dead']);
  await until(() => outbox.lanes().length > 1, 'the other one is taken, too');
  assert.ok(Date.now() - begunAt >= 3_000, 'not before its lease has ended');
  assert.deepEqual(idsOf(await claim(outbox, 'acme/of-the-still')), ['b']);
});

test('a replica that has come back since it was seen gone keeps its lanes', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const id = await shared.ghost([LANE], 3_600_000, 900);
  await shared.run(`insert into event_row (lane, n, bytes, accepted_at, events) select id, 1, 1, now(), '' from lane`);
  const database = shared.connect(context);
  const settings = { database, replicaId: await shared.ghost(['acme/other'], 3_600_000, 901), gone: [id] };
  const take = () => acquire({ ...settings, share: 9, unwanted: [], turnOf: (lane) => lane });
  const session = new pg.Client(shared.url);
  await session.connect();
  context.after(() => session.end());
  await session.query(`set search_path = ${shared.schema}`);
  await session.query(`select pg_advisory_lock(hashtext('statsig-cdp ' || current_schema()), 900)`);
  assert.deepEqual(await take(), []);
  await session.query('select pg_advisory_unlock_all()');
  assert.deepEqual(
    (await take())?.map(({ name }) => name),
    [LANE],
  );
});

test('one whose lanes were taken writes nothing, and is told', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  const lost: string[] = [];
  outbox.onLost((lane) => lost.push(lane));
  await outbox.append(['a', 'b', 'c', 'd'].map((id) => userEvent(id)));
  const [a, b, c, d] = await claim(outbox);
  assert.ok(a && b && c && d);
  await deliver(outbox, [d]);
  await shared.ghost([LANE], 3_600_000);
  outbox.note(LANE, { pausedUntil: 5, failures: 1 });
  const settled = await outbox.settle([
    { kind: 'delivered', delivery: a },
    { kind: 'putBack', delivery: { ...b, attempts: 7 } },
    { kind: 'dead', delivery: c, reason: 'rejected', answer: '' },
  ]);
  assert.equal(settled, 'lost');
  assert.deepEqual(lost, [LANE]);
  assert.equal(await deliver(outbox, [a]), 'lost', 'and nothing later, either');
  const rows = await shared.run(
    `select done, attempts, (select note from lane) as note, (select count(*)::int from dead_letter) as letters from event_row`,
  );
  assert.deepEqual(rows, [{ done: [4], attempts: null, note: null, letters: 0 }]);
  assert.equal(outbox.heldUntil(LANE), 0);
});

test('one whose connections were cut comes back to its lanes, and settles what it had claimed', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  // No other replica is there: one that finds the session gone for longer than it takes to come back may have its lanes, and a busy machine takes long.
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  const lost: string[] = [];
  outbox.onLost((lane) => lost.push(lane));
  await outbox.append([userEvent('a'), userEvent('b')]);
  let claimed: readonly Delivery[] = [];
  await until(async () => {
    claimed = await outbox.claim(LANE, 1, WIDE);
    return claimed.length > 0;
  }, 'it has the lane');
  proxy.refuse();
  await until(() => outbox.heldUntil(LANE) === 0, 'the end of the session is noticed');
  assert.deepEqual(await claim(outbox), [], 'nothing is claimed meanwhile');
  proxy.resume();
  await until(() => outbox.heldUntil(LANE) > Date.now(), 'it is back');
  await until(async () => (await deliver(outbox, claimed).catch(String)) === 'settled', 'it settles');
  await until(async () => {
    claimed = await claim(outbox);
    return claimed.length > 0;
  }, 'it claims');
  assert.deepEqual(idsOf(claimed), ['b']);
  assert.deepEqual(lost, []);
});

test('what waits is shared fairly between replicas, by turns, and moves when one more comes', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  // Two lanes each have one turn.
  const turnOf = (lane: LaneId) => `turn ${Math.floor(Number(lane.replace(/\D/g, '')) / 2)}`;
  const one = await shared.replica({ turnOf });
  await one.append(toTargets(12));
  await until(() => one.lanes().length === 12, 'one has all');
  const other = await shared.replica({ turnOf });
  await until(
    () => one.lanes().length === 6 && other.lanes().length === 6,
    () => `${one.lanes()} and ${other.lanes()}`,
  );
  assert.deepEqual(new Set([...one.lanes(), ...other.lanes()]).size, 12);
  const turns = new Set(one.lanes().map(turnOf));
  assert.deepEqual(
    other.lanes().filter((lane) => turns.has(turnOf(lane))),
    [],
  );
  // What is claimed stays where it is.
  const claimed = await Promise.all(one.lanes().map((lane) => claim(one, lane)));
  const third = await shared.replica({ turnOf });
  await until(() => third.lanes().length >= 2, 'the third has some of the other');
  assert.equal(one.lanes().length, 6);
  for (const some of claimed) assert.equal(await deliver(one, some), 'settled');
});

test('a lane whose turn is another one by the settings moves to the replica that has that turn', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  let isOneTurn = false;
  const turnOf = (lane: LaneId) => (isOneTurn ? 'one turn' : lane);
  const one = await shared.replica({ turnOf, leaseMs: 3_000 });
  await one.append(toTargets(2));
  await until(() => one.lanes().length === 2, 'one has both');
  const other = await shared.replica({ turnOf, leaseMs: 3_000 });
  await until(() => other.lanes().length === 1 && one.lanes().length === 1, 'each has one');
  isOneTurn = true;
  await until(
    () =>
      [one, other]
        .map((outbox) => outbox.lanes().length)
        .sort()
        .join() === '0,2',
    () => `both come together: ${one.lanes()} and ${other.lanes()}`,
  );
});

test('a lane that is given up is left to others', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append([userEvent('a')]);
  assert.equal((await claim(one)).length, 1);
  const other = await shared.replica();
  one.note(LANE, { pausedUntil: 7, failures: 1 });
  await one.release(LANE);
  assert.equal(one.heldUntil(LANE), 0);
  await until(() => other.lanes().length === 1, 'the other one has it');
  assert.deepEqual(other.noteOf(LANE), { pausedUntil: 7, failures: 1 });
  assert.deepEqual(idsOf(await claim(other)), ['a']);
});

test('what a lane knows of its target goes to its next owner', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append([userEvent('a'), userEvent('b', { target: 'other' })]);
  const [a] = await claim(one);
  assert.ok(a);
  assert.equal((await claim(one, 'acme/other')).length, 1);
  const note = { pausedUntil: 1_800_000_000_000, failures: 3, circuit: { openUntil: 1_800_000_100_000, pauses: 2 } };
  one.note(LANE, note);
  one.note('acme/other', { pausedUntil: 1, failures: 1 });
  assert.deepEqual(one.noteOf(LANE), note);
  await one.settle([{ kind: 'putBack', delivery: a }]);
  await one.close();
  const other = await shared.replica();
  await until(() => other.lanes().length === 2, 'the other one has them');
  assert.deepEqual(other.noteOf(LANE), note);
  assert.deepEqual(other.noteOf('acme/other'), { pausedUntil: 1, failures: 1 });
  other.note(LANE, undefined);
  await until(async () => (await shared.run(`select from lane where note is null`)).length === 1, 'it is forgotten');
});

test('what is wanted back is told to the other replicas', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const other = await shared.replica();
  const told: string[][] = [[], []];
  one.onWantedBack((workspaceId) => told[0]?.push(workspaceId));
  other.onWantedBack((workspaceId) => told[1]?.push(workspaceId));
  await one.wantBack('acme');
  await until(() => told[1]?.length === 1, 'the other one is told');
  await one.wantBack('acme');
  await until(() => told[1]?.length === 2, 'each time');
  assert.deepEqual(told, [[], ['acme', 'acme']]);
});

test('of lanes that were told of all at once, more than the database is asked for at a time, none is forgotten', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  const left = new Set(toTargets(600).map(({ messageId }) => messageId));
  outbox.onAppend(async (lane) => {
    const deliveries = await claim(outbox, lane);
    if (deliveries.length === 0) return;
    for (const { messageId } of deliveries) left.delete(messageId);
    await deliver(outbox, deliveries).catch(() => {});
  });
  await outbox.append(toTargets(600));
  await until(
    () => left.size === 0,
    () => `${left.size} lanes are forgotten`,
  );
});
