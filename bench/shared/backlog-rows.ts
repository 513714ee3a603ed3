// The rows about much that waits: the time of a claim, and of a purge of one person.

import type { Row, Verdict } from '../performance/row.js';
import { percentile, whole } from '../performance/spread.js';
import { personOf } from './bench-events.js';
import { LANES, LEASE_MS, type SharedRig, withPlace } from './shared-measure.js';
import { sharedRow } from './shared-row.js';
import type { Engine } from './worker-contract.js';
import { startWorker, type Worker } from './workers.js';

const FEW = 50_000;
const CLAIMS = 24;
const PURGE_MS = 1_000;
const MOST_RATIO = 2;

/** A worker that fills an outbox and delivers nothing by itself. */
function withFilled<T>(rig: SharedRig, engine: Engine, work: (worker: Worker) => Promise<T>): Promise<T> {
  return withPlace(rig, async (place) => {
    const worker = await startWorker({
      ...place,
      engine,
      batch: 100,
      appends: 8,
      leaseMs: LEASE_MS,
      lanes: LANES,
      restMs: 0,
      consumes: false,
    });
    try {
      return await work(worker);
    } finally {
      await worker.end();
    }
  });
}

/** @param times so few that most of what waits stays */
async function claimP50(worker: Worker, waiting: number, times: number): Promise<number> {
  const p50 = percentile(await worker.ask('claims', times), 0.5);
  console.log(
    `  ${whole(waiting).padStart(9)} waiting: a claim of 500 takes ${p50.toFixed(1)} ms (median of ${times})`,
  );
  return p50;
}

async function purgeVerdict(worker: Worker, name: string, waiting: number): Promise<Verdict> {
  const { ms, removed } = await worker.ask('purge', personOf(4_711));
  return {
    goal: `${name}: purge of one person among ${whole(waiting)} events <= ${PURGE_MS} ms`,
    measured: `${ms.toFixed(0)} ms, ${removed} events removed`,
    reached: removed > 0 && ms <= PURGE_MS,
  };
}

export const backlogRows: readonly Row[] = [
  sharedRow('backlog', 'Much that waits: claims, and the purge of one person', async (rig, { options }) => {
    const many = options.queued;
    const few = Math.min(FEW, many / 10);
    const times = Math.min(CLAIMS, Math.floor(few / 1_000));
    const shared = await withFilled(rig, 'shared', async (worker) => {
      await worker.ask('fill', few);
      const atFew = await claimP50(worker, few, times);
      const begin = performance.now();
      await worker.ask('fill', many - few);
      console.log(`  filled with ${whole((many - few) / ((performance.now() - begin) / 1_000))} events/s`);
      const atMany = await claimP50(worker, many, times);
      const claims: Verdict = {
        goal: `claim with ${whole(many)} waiting / with ${whole(few)} <= ${MOST_RATIO}`,
        measured: `${(atMany / atFew).toFixed(2)} (${atMany.toFixed(1)} ms / ${atFew.toFixed(1)} ms)`,
        reached: atMany <= MOST_RATIO * atFew,
      };
      return [claims, await purgeVerdict(worker, 'shared', many)];
    });
    const embedded = await withFilled(rig, 'embedded', async (worker) => {
      await worker.ask('fill', many);
      return purgeVerdict(worker, 'embedded', many);
    });
    return [...shared, embedded];
  }),
];
