// One measurement of the benchmark of the shared outbox: workers under load for some seconds, and what they and the database take of the machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresCluster } from '../../testkit/postgres-cluster.js';
import { percentile, whole } from '../performance/spread.js';
import { databaseProcessorSeconds } from './bench-database.js';
import type { WorkerTask } from './worker-contract.js';
import { startWorker, type Worker } from './workers.js';

/** What was measured. */
export interface SharedMeasured {
  readonly appendedPerSecond: number;
  /** Claimed and written down as delivered. */
  readonly settledPerSecond: number;
  readonly failed: number;
  readonly appendP50Ms: number;
  readonly appendP99Ms: number;
  readonly claimP50Ms: number;
  /** Processor time of the workers and of the database, for each event that was appended, in microseconds. */
  readonly workerMicros: number;
  readonly databaseMicros: number;
  readonly load: number;
}

/** What all measurements have in common. */
export interface SharedRig {
  readonly cluster: PostgresCluster;
  /** On the disk that is measured. */
  readonly parent: string;
  readonly seconds: number;
}

/** What is measured: a task for each of so many workers. */
export interface SharedContender extends Pick<WorkerTask, 'engine' | 'batch' | 'appends'> {
  readonly workers: number;
  /** A schema that is there already and stays; otherwise one of its own. */
  readonly schema?: string;
}

/** As in most of the measurements. */
export const LANES = 8;
export const LEASE_MS = 30_000;
const WARM_UP_MS = 2_000;

let made = 0;

/** A name that no schema has had. */
export function newSchema(): string {
  made += 1;
  return `bench_${made}`;
}

/** A schema and a directory for workers, which are gone afterwards. */
export async function withPlace<T>(
  { cluster, parent }: SharedRig,
  work: (place: Pick<WorkerTask, 'url' | 'schema' | 'directory'>) => Promise<T>,
  kept?: string,
): Promise<T> {
  const directory = mkdtempSync(join(parent, 'statsig-cdp-bench-'));
  const schema = kept ?? newSchema();
  try {
    return await work({ url: cluster.url, schema, directory: join(directory, 'outbox') });
  } finally {
    rmSync(directory, { recursive: true, force: true });
    if (kept === undefined) await cluster.run(`drop schema if exists ${schema} cascade`);
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Lets workers that produce run for a while, and counts. */
export async function countWhile(workers: readonly Worker[], rig: SharedRig): Promise<SharedMeasured> {
  await Promise.all(workers.map((worker) => worker.ask('count')));
  const databaseBefore = databaseProcessorSeconds(rig.cluster);
  const begin = performance.now();
  await sleep(rig.seconds * 1_000);
  const seen = await Promise.all(workers.map((worker) => worker.ask('seen')));
  const seconds = (performance.now() - begin) / 1_000;
  const databaseSeconds = databaseProcessorSeconds(rig.cluster) - databaseBefore;
  const appended = sum(seen.map((each) => each.appended));
  const appendMs = seen.flatMap((each) => each.appendMs);
  return {
    appendedPerSecond: appended / seconds,
    settledPerSecond: sum(seen.map(({ settled }) => settled)) / seconds,
    failed: sum(seen.map(({ failed }) => failed)),
    appendP50Ms: percentile(appendMs, 0.5),
    appendP99Ms: percentile(appendMs, 0.99),
    claimP50Ms: percentile(
      seen.flatMap(({ claimMs }) => claimMs),
      0.5,
    ),
    workerMicros: sum(seen.map(({ processorMicros }) => processorMicros)) / appended,
    databaseMicros: (databaseSeconds * 1e6) / appended,
    load: loadavg()[0] ?? Number.NaN,
  };
}

/** Measures a contender with workers of its own. */
export function measureShared(
  rig: SharedRig,
  { engine, batch, appends, workers: count, schema }: SharedContender,
): Promise<SharedMeasured> {
  return withPlace(
    rig,
    async (place) => {
      const task = { ...place, engine, batch, appends, leaseMs: LEASE_MS, lanes: LANES, restMs: 0, consumes: true };
      const workers: Worker[] = [];
      try {
        for (let index = 0; index < count; index += 1) workers.push(await startWorker(task));
        for (const worker of workers) await worker.ask('produce');
        await sleep(WARM_UP_MS);
        return await countWhile(workers, rig);
      } finally {
        await Promise.all(workers.map((worker) => worker.end()));
      }
    },
    schema,
  );
}

/** A line about a measurement, for people. */
export function printMeasured(name: string, measured: SharedMeasured): void {
  const { appendedPerSecond, settledPerSecond, failed, appendP50Ms, appendP99Ms, claimP50Ms, load } = measured;
  const { workerMicros, databaseMicros } = measured;
  console.log(
    `  ${name.padEnd(34)}${whole(appendedPerSecond).padStart(7)} appended/s ${whole(settledPerSecond).padStart(7)} settled/s  append p50 ${appendP50Ms.toFixed(1)} p99 ${appendP99Ms.toFixed(1)} ms  claim p50 ${claimP50Ms.toFixed(1)} ms  us/event ${workerMicros.toFixed(1)} + ${databaseMicros.toFixed(1)} database${failed > 0 ? `  ${failed} appends failed` : ''}  load ${load.toFixed(1)}`,
  );
}
