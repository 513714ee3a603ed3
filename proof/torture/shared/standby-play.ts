// A synchronous standby in trouble: it goes away and comes back, and then the primary dies and it takes its place.

import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresCluster, startCluster } from '../../../testkit/postgres-cluster.js';
import { startProbe } from '../../faults/probe.js';
import type { Disturbance } from '../torture-excuses.js';
import { type IngestProbe, startIngestProbe } from './ingest-probe.js';
import type { Played, Stage } from './shared-run.js';

const NAME = 'beside';
/** Senders are answered within five seconds, and get their answer a moment later. */
const LONGEST_ANSWER_MS = 6_000;
/** What was under way when the standby went away may still be answered. */
const UNDER_WAY_MS = 500;

/** How long each part takes, in seconds. */
export interface StandbyTimes {
  readonly before: number;
  readonly gone: number;
  readonly between: number;
  readonly after: number;
}

async function untilInStep(primary: PostgresCluster): Promise<void> {
  for (;;) {
    const [state] = await primary.run(`select sync_state from pg_stat_replication where application_name = '${NAME}'`);
    if (state?.sync_state === 'sync') return;
    await sleep(100);
  }
}

/** Ends waits for the standby: the database tells those who wait that all is done, and warns beside it. @returns how many there were */
async function cancelWaits(primary: PostgresCluster): Promise<number> {
  const ended = await primary.run(
    `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and backend_type = 'client backend'`,
  );
  return ended.length;
}

async function withoutStandby(
  primary: PostgresCluster,
  standby: PostgresCluster,
  ingest: IngestProbe,
  { replicas }: Stage,
  seconds: number,
): Promise<Played> {
  const from = Date.now();
  await standby.kill();
  await sleep(UNDER_WAY_MS);
  ingest.restart();
  const transforms = replicas.map(({ url }) => startProbe(url));
  let cancelled = 0;
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    await sleep(700);
    cancelled += await cancelWaits(primary);
  }
  const { taken, refused, unanswered, longestMs } = ingest;
  await Promise.all(transforms.map((probe) => probe.stop()));
  const answered = transforms.reduce((sum, probe) => sum + probe.answered, 0);
  const failed = transforms.reduce((sum, probe) => sum + probe.unanswered, 0);
  const longestTransformMs = Math.max(...transforms.map((probe) => probe.longestMs));
  await standby.start();
  const backAt = Date.now();
  const recoveredMs = await ingest.untilTaken();
  return {
    disturbances: [{ trouble: 'standby gone', from, to: backAt }],
    seen: [
      [
        'no standby',
        `${seconds} s: ${refused} pushes refused, ${taken} taken, ${unanswered} unanswered, longest answer ${longestMs.toFixed(0)} ms; ${cancelled} waits for the standby cancelled`,
      ],
      [
        'transform',
        `meanwhile ${answered} requests answered, ${failed} not, longest ${longestTransformMs.toFixed(0)} ms`,
      ],
      ['back', `the first push was taken ${recoveredMs.toFixed(0)} ms after the standby was there again`],
    ],
    broken: [
      ...(taken > 0 ? [`${taken} pushes were taken although the standby had nothing of them`] : []),
      ...(refused === 0 ? ['no push was refused while the standby was gone'] : []),
      ...(unanswered > 0 || longestMs > LONGEST_ANSWER_MS
        ? [`${unanswered} pushes got no answer, the longest took ${longestMs.toFixed(0)} ms`]
        : []),
      ...(failed > 0 ? [`${failed} transform requests were not answered while the standby was gone`] : []),
      ...(cancelled === 0 ? ['no wait for the standby was cancelled'] : []),
    ],
  };
}

async function promote(
  primary: PostgresCluster,
  standby: PostgresCluster,
  ingest: IngestProbe,
  { replicas }: Stage,
): Promise<Played> {
  const from = Date.now();
  await primary.kill();
  await standby.run('select pg_promote()');
  for (const { address } of replicas) address.moveTo(standby.port);
  const to = Date.now();
  const recoveredMs = await ingest.untilTaken();
  const disturbance: Disturbance = { trouble: 'standby promoted', from, to };
  return {
    disturbances: [disturbance],
    seen: [['promoted', `in ${to - from} ms; the first push was taken ${recoveredMs.toFixed(0)} ms later`]],
    broken: [],
  };
}

/** Plays it. The standby runs on when it ends: `cleanUp` is told how to close it. */
export async function playStandby(
  stage: Stage,
  times: StandbyTimes,
  cleanUp: (close: () => Promise<void>) => void,
): Promise<Played> {
  const { cluster: primary, url } = stage;
  const standby = await startCluster({ isDurable: true, follows: { cluster: primary, name: NAME } });
  cleanUp(() => standby.close());
  await primary.run(`alter system set synchronous_standby_names = '${NAME}'`);
  await primary.run('select pg_reload_conf()');
  await untilInStep(primary);
  const ingest = startIngestProbe(url);
  try {
    await sleep(times.before * 1_000);
    const gone = await withoutStandby(primary, standby, ingest, stage, times.gone);
    await untilInStep(primary);
    await sleep(times.between * 1_000);
    const promoted = await promote(primary, standby, ingest, stage);
    await sleep(times.after * 1_000);
    return {
      disturbances: [...gone.disturbances, ...promoted.disturbances],
      seen: [...gone.seen, ...promoted.seen],
      broken: [...gone.broken, ...promoted.broken],
    };
  } finally {
    await ingest.stop();
  }
}
