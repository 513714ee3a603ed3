// The rows about replicas: how soon the lanes of one that was killed are another's, and what lanes cost in which nothing happens.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../performance/row.js';
import { percentile, spreadOf } from '../performance/spread.js';
import { databaseProcessorSeconds } from './bench-database.js';
import { LANES, LEASE_MS, withPlace } from './shared-measure.js';
import { sharedRow } from './shared-row.js';
import { startWorker, type Worker } from './workers.js';

const REPLICAS = 3;
const QUICK_MS = 2_000;
const PATIENCE_MS = 2 * LEASE_MS;
const REST_MS = 20;
const SETTLE_IN_MS = 3_000;

const IDLE_LANES = 1_000;
const MOST_OF_A_CORE = 0.01;
const PROCESSES = 2;

/** The last delivery of a lane: which process, and when in milliseconds since the epoch. */
interface Last {
  readonly pid: number;
  readonly at: number;
}

export const takeoverRows: readonly Row[] = [
  sharedRow('takeover', 'The lanes of a replica that is killed', (rig, { options }) =>
    withPlace(rig, async (place) => {
      const task = { ...place, engine: 'shared', batch: 2, appends: 4, leaseMs: LEASE_MS, lanes: LANES } as const;
      const last = new Map<string, Last>();
      let workers: Worker[] = [];
      const start = async () => {
        const worker = await startWorker({ ...task, restMs: REST_MS, consumes: true }, ({ lane, at }) =>
          last.set(lane, { pid: worker.pid, at }),
        );
        await worker.ask('produce');
        workers.push(worker);
      };
      try {
        for (let index = 0; index < REPLICAS; index += 1) await start();
        const times: number[] = [];
        for (let kill = 0; kill < options.rounds * 2; kill += 1) {
          await sleep(SETTLE_IN_MS);
          const owners = new Set([...last.values()].map(({ pid }) => pid));
          const victim = workers.find(({ pid }) => owners.has(pid));
          if (victim === undefined) throw new Error('no worker delivers');
          const lanes = [...last].filter(([, { pid }]) => pid === victim.pid).map(([lane]) => lane);
          workers = workers.filter((worker) => worker !== victim);
          const from = Date.now();
          await victim.end('SIGKILL');
          const left = new Set(lanes);
          while (left.size > 0 && Date.now() - from < PATIENCE_MS) {
            for (const lane of left) {
              const now = last.get(lane);
              if (now === undefined || now.pid === victim.pid) continue;
              times.push(now.at - from);
              left.delete(lane);
            }
            await sleep(2);
          }
          for (const _ of left) times.push(PATIENCE_MS);
          console.log(
            `  killed the owner of ${lanes.length} lanes; the first deliveries by others after ${times.slice(-lanes.length).join(', ')} ms`,
          );
          await start();
        }
        const most = Math.max(...times);
        return [
          {
            goal: `takeover after SIGKILL <= ${QUICK_MS} ms`,
            measured: `median ${percentile(times, 0.5)} ms, most ${most} ms (${times.length} lanes)`,
            reached: times.length > 0 && most <= QUICK_MS,
          },
        ];
      } finally {
        await Promise.all(workers.map((worker) => worker.end()));
      }
    }),
  ),
  sharedRow('idle', `${IDLE_LANES} lanes in which nothing happens, ${PROCESSES} replicas`, (rig, { options }) =>
    withPlace(rig, async (place) => {
      const task = {
        ...place,
        engine: 'shared',
        batch: 1,
        appends: 1,
        leaseMs: LEASE_MS,
        restMs: 0,
        consumes: true,
      } as const;
      const seconds = rig.seconds * 2;

      async function untilEmpty(): Promise<void> {
        for (;;) {
          const [row] = await rig.cluster.run(`select count(*) as left from ${place.schema}.event_row`);
          if (Number(row?.left) === 0) return;
          await sleep(500);
        }
      }

      /** @returns parts of a core */
      async function idle(lanes: number): Promise<{ readonly replicas: readonly number[]; readonly database: number }> {
        const workers = [await startWorker({ ...task, lanes }), await startWorker({ ...task, lanes })];
        try {
          await workers[0]?.ask('touch');
          await untilEmpty();
          await sleep(SETTLE_IN_MS);
          await Promise.all(workers.map((worker) => worker.ask('count')));
          const before = databaseProcessorSeconds(rig.cluster);
          await sleep(seconds * 1_000);
          const seen = await Promise.all(workers.map((worker) => worker.ask('seen')));
          return {
            replicas: seen.map(({ processorMicros }) => processorMicros / 1e6 / seconds),
            database: (databaseProcessorSeconds(rig.cluster) - before) / seconds,
          };
        } finally {
          await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
        }
      }

      const percent = (part: number) => `${(part * 100).toFixed(2)} %`;
      const print = (lanes: number, { replicas, database }: Awaited<ReturnType<typeof idle>>) =>
        console.log(
          `  ${lanes} lanes: replicas ${replicas.map(percent).join(' and ')} of a core, the database ${percent(database)}`,
        );
      const rounds = Math.min(2, options.rounds);
      const all = ({ replicas, database }: Awaited<ReturnType<typeof idle>>) =>
        database + replicas.reduce((total, part) => total + part, 0);
      const totals: number[] = [];
      const beyond: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const few = await idle(1);
        print(1, few);
        const many = await idle(IDLE_LANES);
        print(IDLE_LANES, many);
        totals.push(all(many));
        beyond.push(all(many) - all(few));
      }
      const cost = spreadOf(beyond).median;
      return [
        {
          goal: `${IDLE_LANES} idle lanes, beyond what one costs < ${percent(MOST_OF_A_CORE)} of a core`,
          measured: `${percent(cost)}; ${PROCESSES} replicas and the database take ${percent(spreadOf(totals).median)} in all`,
          reached: cost < MOST_OF_A_CORE,
        },
      ];
    }),
  ),
];
