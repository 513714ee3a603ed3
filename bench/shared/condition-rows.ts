// The rows about what slows a database down: a synchronous standby, many ids that are remembered, a transaction that is held.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresCluster } from '../../testkit/postgres-cluster.js';
import type { Row } from '../performance/row.js';
import { startBenchDatabase } from './bench-database.js';
import {
  countWhile,
  LANES,
  LEASE_MS,
  measureShared,
  newSchema,
  printMeasured,
  type SharedRig,
  withPlace,
} from './shared-measure.js';
import { atLeast, ratiosOf, sharedRow } from './shared-row.js';
import { startWorker } from './workers.js';

const SHARED = { engine: 'shared', workers: 2, batch: 100, appends: 8 } as const;
const STANDBY = 'beside';
const REMEMBERED = 5_000_000;
const QUICK_REMEMBERED = 250_000;
/** Fewer events waiting than this at the end of the row about growth mean a small run. */
const FULL_SIZE = 1_000_000;

/** Measures without and with a condition by turns. */
async function pairs(
  name: string,
  rounds: number,
  without: () => Promise<number>,
  withIt: () => Promise<number>,
): Promise<{ readonly with: readonly number[]; readonly without: readonly number[] }> {
  const found: { with: number[]; without: number[] } = { with: [], without: [] };
  for (let round = 0; round < rounds; round += 1) {
    found.without.push(await without());
    found.with.push(await withIt());
  }
  if (found.with.length === 0) throw new Error(`${name}: no rounds`);
  return found;
}

async function settledPerSecond(rig: SharedRig, name: string, schema?: string): Promise<number> {
  const measured = await measureShared(rig, { ...SHARED, ...(schema !== undefined && { schema }) });
  printMeasured(name, measured);
  return measured.settledPerSecond;
}

async function waitForStandby(cluster: PostgresCluster, names: string): Promise<void> {
  await cluster.run(`alter system set synchronous_standby_names = '${names}'`);
  await cluster.run('select pg_reload_conf()');
  if (names === '') return;
  for (;;) {
    const rows = await cluster.run(`select 1 from pg_stat_replication where sync_state = 'sync'`);
    if (rows.length > 0) return;
    await sleep(100);
  }
}

/** Makes an outbox that remembers so many ids of the time before. */
async function remember(rig: SharedRig, ids: number): Promise<string> {
  const schema = newSchema();
  await withPlace(
    rig,
    async (place) => {
      const task = { ...place, ...SHARED, leaseMs: LEASE_MS, lanes: LANES, restMs: 0, consumes: false };
      const worker = await startWorker(task);
      await worker.ask('touch');
      await worker.end();
    },
    schema,
  );
  const [now] = await rig.cluster.run(`select slot from ${schema}.generation where kind = 'message'`);
  const before = (Number(now?.slot) + 2) % 3;
  await rig.cluster.run(
    `insert into ${schema}.mark_${before} (key) select md5(i::text)::uuid from generate_series(1, ${ids}) i order by 1`,
  );
  await rig.cluster.run(`vacuum analyze ${schema}.mark_${before}`);
  await rig.cluster.run('checkpoint');
  return schema;
}

export const conditionRows: readonly Row[] = [
  sharedRow('standby', 'With a synchronous standby, on the same disk and the same cores', async (rig, { options }) => {
    const { cluster, parent } = rig;
    const standby = await startBenchDatabase(parent, { cluster, name: STANDBY });
    try {
      const found = await pairs(
        'standby',
        options.rounds,
        async () => {
          await waitForStandby(cluster, '');
          await standby.kill();
          return settledPerSecond(rig, 'alone');
        },
        async () => {
          await standby.start();
          await waitForStandby(cluster, STANDBY);
          return settledPerSecond(rig, 'with a synchronous standby');
        },
      );
      return [atLeast('settled/s with a synchronous standby / without', 0.8, ratiosOf(found.with, found.without))];
    } finally {
      await standby.close();
    }
  }),
  sharedRow('remembered', 'With many ids that are remembered', async (rig, { options }) => {
    const ids = options.queued < FULL_SIZE ? QUICK_REMEMBERED : REMEMBERED;
    const [none, many] = [await remember(rig, 0), await remember(rig, ids)];
    const found = await pairs(
      'remembered',
      options.rounds,
      () => settledPerSecond(rig, 'none', none),
      () => settledPerSecond(rig, `${ids} ids`, many),
    );
    return [atLeast(`settled/s with ${ids} remembered ids / with none`, 0.75, ratiosOf(found.with, found.without))];
  }),
  sharedRow('old-transaction', 'Beside a transaction that is held', async (rig, { options }) => {
    const seconds = options.queued < FULL_SIZE ? 5 : 30;
    const long = { ...rig, seconds };
    const found = await pairs(
      'old transaction',
      Math.min(2, options.rounds),
      () => settledPerSecond(long, 'no old transaction'),
      () =>
        withPlace(long, async (place) => {
          const task = { ...place, ...SHARED, leaseMs: LEASE_MS, lanes: LANES, restMs: 0, consumes: true };
          const workers = [await startWorker(task), await startWorker(task)];
          const holder = new pg.Client(rig.cluster.url);
          try {
            for (const worker of workers) await worker.ask('produce');
            await sleep(2_000);
            await holder.connect();
            await holder.query('begin isolation level repeatable read');
            await holder.query('select count(*) from pg_class');
            const measured = await countWhile(workers, long);
            printMeasured(`beside one held for ${seconds} s`, measured);
            return measured.settledPerSecond;
          } finally {
            await holder.end();
            await Promise.all(workers.map((worker) => worker.end()));
          }
        }),
    );
    return [
      atLeast(
        `settled/s beside a transaction held for ${seconds} s / without`,
        0.6,
        ratiosOf(found.with, found.without),
      ),
    ];
  }),
];
