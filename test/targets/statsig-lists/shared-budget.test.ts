// The budget of a console key over replicas: counted in the database, for calls that are over, under way, or of a replica that is gone.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queries } from '../../../src/postgres/connection.js';
import { type CallLimit, CONSOLE_LIMITS, type RateBudget } from '../../../src/targets/statsig-lists/rate-budget.js';
import { budgetsOfReplicas } from '../../../src/targets/statsig-lists/shared-budget.js';
import { keepingLog } from '../../../testkit/id-list-rig.js';
import { type MigratedSchema, migratedSchema } from '../../../testkit/postgres-replicas.js';
import { until } from '../../../testkit/until.js';

const KEY = 'a key';
const TIMEOUT_MS = 10_000;

/** A replica with a connection of its own. */
function replica(context: TestContext, schema: MigratedSchema, limits: readonly CallLimit[] = CONSOLE_LIMITS) {
  const database = schema.connect(context);
  let statements = 0;
  const counted: Queries = {
    query(statement, values) {
      statements += 1;
      return database.query(statement, values);
    },
  };
  const log = keepingLog();
  const budgetOf = budgetsOfReplicas({ database: counted, now: Date.now, timeoutMs: TIMEOUT_MS, log, limits });
  return { budget: budgetOf(KEY), other: budgetOf('another key'), lines: log.lines, asked: () => statements };
}

/** So much time passes for the database. */
async function pass(schema: MigratedSchema, ms: number): Promise<void> {
  await schema.run(`
    update console_budget set changes = changes + 1, blocked_until = blocked_until - ${ms};
    update console_call c set began = began - ${ms}, ended = ended - ${ms}, change = b.changes from console_budget b where b.key = c.key`);
}

/** Takes all that there are. */
async function takeAll(budget: RateBudget): Promise<readonly (() => void)[]> {
  const taken: (() => void)[] = [];
  for (let over = await budget.take(); over !== undefined; over = await budget.take()) taken.push(over);
  return taken;
}

const areAllEnded = async (schema: MigratedSchema) =>
  (await schema.run<{ n: number }>('select count(*)::int as n from console_call where ended is null'))[0]?.n === 0;

test('no interval holds more calls of two replicas together than a key may make, wherever between begin and end a call is counted', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const limit = { calls: 5, windowMs: 120 };
  const made: { readonly begin: number; end: number }[] = [];
  async function work({ budget }: ReturnType<typeof replica>): Promise<void> {
    while (made.length < 24) {
      const over = await budget.take();
      if (over === undefined) {
        await sleep(5);
        continue;
      }
      const call = { begin: performance.now(), end: Number.POSITIVE_INFINITY };
      made.push(call);
      await sleep(Math.random() * 20);
      call.end = performance.now();
      over();
    }
  }
  const replicas = [replica(context, schema, [limit]), replica(context, schema, [limit])];
  await Promise.all(replicas.flatMap((each) => [work(each), work(each)]));
  for (const { begin } of made) {
    const near = made.filter((call) => call.begin <= begin && call.end >= begin - limit.windowMs);
    assert.ok(near.length <= limit.calls, `${near.length} calls may be counted within ${limit.windowMs} ms`);
  }
});

test('what one replica takes, the other one has not, until a window after the end of each call', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const [one, two] = [replica(context, schema), replica(context, schema)];
  assert.equal((await takeAll(two.budget)).length, 12);
  assert.notEqual(await two.other.take(), undefined, 'another key has its own');
  assert.equal(await one.budget.take(), undefined);
  assert.ok(one.budget.readyAt() > Date.now());
  assert.equal(one.budget.left()[0]?.left, 0);
});

test('calls that are over leave their places a window later, and those of the longer limit for that window', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const limits = [
    { calls: 12, windowMs: 10_000 },
    { calls: 48, windowMs: 900_000 },
  ];
  const replicas = [replica(context, schema, limits), replica(context, schema, limits)];
  let calls = 0;
  for (let burst = 0; burst < 6; burst += 1) {
    const [of, others] = burst % 2 === 0 ? replicas : replicas.toReversed();
    const taken = await takeAll((of ?? assert.fail()).budget);
    calls += taken.length;
    for (const over of taken) over();
    if (burst === 0) assert.equal(await others?.budget.take(), undefined, 'all are taken');
    await until(() => areAllEnded(schema), 'the ends are written down');
    await pass(schema, 10_002);
  }
  assert.equal(calls, 48);
  await pass(schema, 850_000);
  assert.equal((await takeAll((replicas[0] ?? assert.fail()).budget)).length, 12);
  const [{ n } = assert.fail()] = await schema.run<{ n: number }>('select count(*)::int as n from console_call');
  assert.ok(n <= 60, `${n} calls are kept`);
});

test('a replica that ends during its calls leaves them counted until they are over for sure', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const [gone, left] = [replica(context, schema), replica(context, schema)];
  assert.equal((await takeAll(gone.budget)).length, 12);
  await pass(schema, TIMEOUT_MS + 10_000);
  assert.equal(await left.budget.take(), undefined, 'the last of them may have ended a moment ago');
  await pass(schema, 3_001);
  assert.equal((await takeAll(left.budget)).length, 12);
});

test('a 429 that one replica was answered blocks the key for all', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const [one, two] = [replica(context, schema), replica(context, schema)];
  (await two.budget.take())?.();
  one.budget.blockUntil(Date.now() + 60_000);
  assert.equal(await one.budget.take(), undefined);
  await until(async () => (await two.budget.take()) === undefined, 'the other one is told');
  assert.ok(two.budget.readyAt() > Date.now() + 50_000);
  await pass(schema, 60_000);
  assert.notEqual(await two.budget.take(), undefined);
});

test('no call is made while the database does not answer, it says why, and it goes on by itself', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const { budget, lines } = replica(context, schema);
  const over = await budget.take();
  await schema.run('alter table console_budget rename to away');
  over?.();
  assert.equal(await budget.take(), undefined);
  assert.ok(budget.readyAt() > Date.now(), 'it is not asked over and over');
  assert.match(budget.problem() ?? '', /cannot be told: the database does not answer/);
  assert.equal(await budget.take(), undefined);
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['warn'],
    'it is said once',
  );
  await schema.run('alter table away rename to console_budget');
  await until(async () => (await budget.take()) !== undefined, 'calls are made again');
  assert.equal(budget.problem(), undefined);
});

test('a call costs one statement, and its end another', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const { budget, asked } = replica(context, schema);
  (await budget.take())?.();
  await until(() => areAllEnded(schema), 'the end is written down');
  const before = asked();
  for (let call = 0; call < 10; call += 1) (await budget.take())?.();
  await until(() => areAllEnded(schema), 'the ends are written down');
  assert.equal(asked() - before, 20);
});
