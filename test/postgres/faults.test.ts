// What goes wrong between this process and PostgreSQL: each statement ends in time, says what is known, and the next one works.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Postgres } from '../../src/postgres/connection.js';
import type { DatabaseError } from '../../src/postgres/database-error.js';
import { openTestPostgres, runSql, type TestSchema, testSchema } from '../../testkit/postgres.js';
import { type Fault, type PostgresProxy, startPostgresProxy } from '../../testkit/postgres-proxy.js';
import { failureOf, insert, MIGRATIONS, worksAgain } from '../../testkit/postgres-statements.js';
import { until } from '../../testkit/until.js';

/** Short, so that a silent connection costs the test little. */
const QUERY_TIMEOUT_MS = 2_000;

const IS_COMMIT = /^commit$/;
const IS_INSERT = /^insert/;

interface Rig {
  readonly place: TestSchema;
  readonly proxy: PostgresProxy;
  readonly postgres: Postgres;
  /** The rows that are there, asked without the proxy. */
  ids(): Promise<readonly number[]>;
}

async function rigOf(context: TestContext, maxConnections = 4): Promise<Rig | undefined> {
  const place = await testSchema(context);
  if (place === undefined) return undefined;
  const proxy = await startPostgresProxy(place.url);
  context.after(() => proxy.close());
  const postgres = openTestPostgres(context, {
    ...{ ...place, url: proxy.url, maxConnections, migrations: MIGRATIONS },
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  });
  // The tables take longer to make on a busy machine than a statement has time.
  await worksAgain(postgres);
  await postgres.query(...insert(0));
  proxy.forget();
  return {
    ...{ place, proxy, postgres },
    async ids() {
      const rows = await runSql<{ id: number }>(place.url, `select id from ${place.schema}.thing order by id`);
      return rows.map(({ id }) => id);
    },
  };
}

const CASES: readonly {
  readonly fault: Fault;
  readonly of: RegExp;
  readonly outcome: string;
  readonly stored: readonly number[];
}[] = [
  { fault: 'cut before', of: IS_INSERT, outcome: 'not stored', stored: [0] },
  { fault: 'cut after', of: IS_INSERT, outcome: 'not stored', stored: [0] },
  { fault: 'silent before', of: IS_INSERT, outcome: 'not stored', stored: [0] },
  { fault: 'silent after', of: IS_INSERT, outcome: 'not stored', stored: [0] },
  { fault: 'cut before', of: IS_COMMIT, outcome: 'unknown', stored: [0] },
  { fault: 'cut after', of: IS_COMMIT, outcome: 'unknown', stored: [0, 1, 2] },
  { fault: 'silent before', of: IS_COMMIT, outcome: 'unknown', stored: [0] },
  { fault: 'silent after', of: IS_COMMIT, outcome: 'unknown', stored: [0, 1, 2] },
];

test('a transaction that is cut, or hears nothing, says what is known of it, and the next statement works', async (context) => {
  for (const { fault, of, outcome, stored } of CASES) {
    await context.test(`${fault} ${of.source}`, async (each) => {
      const rig = await rigOf(each);
      if (rig === undefined) return;
      const { postgres, proxy } = rig;
      let isHarmed = false;
      void proxy
        .failAt(({ text }) => of.test(text), fault)
        .then(() => {
          isHarmed = true;
        });
      let error: DatabaseError | undefined;
      await until(async () => {
        error = await failureOf(
          postgres.transaction(async (queries) => {
            await queries.query(...insert(1));
            await queries.query(...insert(2));
          }),
        );
        return isHarmed;
      }, 'it is harmed');
      assert.equal(error?.outcome, outcome);
      await worksAgain(postgres);
      // The server rolls back what it had begun once it sees the end of a connection.
      await until(async () => String(await rig.ids()) === String(stored), `the rows are ${String(stored)}`);
    });
  }
});

test('a statement alone is its own commit', async (context) => {
  const rig = await rigOf(context);
  if (rig === undefined) return;
  const { postgres, proxy } = rig;
  let id = 10;
  for (const fault of ['cut before', 'cut after', 'silent before', 'silent after'] as const) {
    id += 1;
    void proxy.failAt(({ text }) => IS_INSERT.test(text), fault);
    const { outcome } = await failureOf(postgres.query(...insert(id)));
    assert.equal(outcome, 'unknown', fault);
    await worksAgain(postgres);
  }
  assert.deepEqual(await rig.ids(), [0, 12, 14]);
});

test('while the network is silent all statements end in time, connections do not pile up, and it goes on when it is back', async (context) => {
  const rig = await rigOf(context, 2);
  if (rig === undefined) return;
  const { postgres, proxy } = rig;
  proxy.fallSilent();
  const before = proxy.connected;
  const errors = await Promise.all(
    Array.from({ length: 200 }, (_, id) => failureOf(postgres.query(...insert(id + 1)))),
  );
  assert.ok(
    errors.some(({ code }) => code === 'BUSY'),
    'those for whom there is no room are told at once',
  );
  assert.ok(proxy.connected - before <= 4, `few were tried: ${proxy.connected - before}`);
  proxy.resume();
  await worksAgain(postgres);
  assert.equal(postgres.problem(), undefined);
});

test('refused connections: told at once, tried again after pauses that grow', async (context) => {
  const rig = await rigOf(context);
  if (rig === undefined) return;
  const { postgres, proxy } = rig;
  proxy.refuse();
  // One that is cut while it is under way is unknown; where there is none, nothing is stored.
  await until(async () => (await failureOf(postgres.query(...insert(1)))).outcome === 'not stored', 'it says so');
  const burst = await Promise.all(Array.from({ length: 50 }, () => failureOf(postgres.query(...insert(1)))));
  assert.ok(burst.every((error) => error.outcome === 'not stored'));
  assert.notEqual(postgres.problem(), undefined);
  proxy.resume();
  await worksAgain(postgres);
});
