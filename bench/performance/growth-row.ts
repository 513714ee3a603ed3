// The row about a growing queue: what an event costs while the outbox fills up, with Statsig dead.

import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from './measure.js';
import { treeProcessorSeconds, treeResidentMiB } from './process-tree.js';
import type { Bench, Row, Verdict } from './row.js';
import { type Server, startOurs } from './servers.js';
import { startStatsigSink } from './sinks.js';
import { spreadOf, whole } from './spread.js';

const BATCH = { form: 'batch', content: 'converted', eventsPerCall: 100, connections: 8 } as const;
const FIRST = 100;
/**
 * Delivered before Statsig dies. A cold process would make the first events too dear, an empty store too cheap: LevelDB begins to merge its files after some 70,000 events, and
 * those of a store at work have merged before.
 */
const WARM_UP_EVENTS = 200_000;
/** Of equal length, because merging comes in rounds: a reading shorter than one of them tells only whether one began in it. */
const READINGS = 10;
/** Milliseconds between two looks at the processor time. */
const LOOK_MS = 250;
/** A process that takes less of a core has done what it had to. */
const QUIET_CORES = 0.1;
const PATIENCE_MS = 30_000;
const TOLERANCE = 0.15;

/** What was measured while the outbox grew to a size. */
interface Segment {
  readonly size: number;
  readonly microsPerEvent: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
}

/** Merging goes on after the last answer; the row that caused it pays for it. */
async function quiet({ pid }: Server): Promise<void> {
  if (pid === undefined) return;
  const most = (LOOK_MS / 1000) * QUIET_CORES;
  const deadline = performance.now() + PATIENCE_MS;
  let spent = Number.POSITIVE_INFINITY;
  for (let before = treeProcessorSeconds(pid); spent > most && performance.now() < deadline; before += spent) {
    await sleep(LOOK_MS);
    spent = treeProcessorSeconds(pid) - before;
  }
}

/** Resident memory while work is done: the median, because what V8 has yet to collect moves a single look by a sixth. */
async function residentWhile(server: Server, work: Promise<unknown>): Promise<number> {
  const looks: number[] = [];
  const look = () => looks.push(server.pid === undefined ? Number.NaN : treeResidentMiB(server.pid));
  const timer = setInterval(look, LOOK_MS);
  await work.finally(() => clearInterval(timer));
  look();
  return spreadOf(looks).median;
}

async function fill(bench: Bench, server: Server, from: number, to: number): Promise<Segment> {
  const events = Math.ceil((to - from) / BATCH.eventsPerCall) * BATCH.eventsPerCall;
  const load = { ...BATCH, calls: events / BATCH.eventsPerCall };
  const measuring = measure(bench, server, load, undefined, () => quiet(server));
  const residentMiB = await residentWhile(server, measuring);
  const { seen, eventsPerSecond, eventsPerCpuSecond } = await measuring;
  if (seen.events !== events) throw new Error(`not all was taken: ${JSON.stringify(seen.statuses)}`);
  return { size: to, microsPerEvent: 1e6 / eventsPerSecond, cpuMicrosPerEvent: 1e6 / eventsPerCpuSecond, residentMiB };
}

async function grow(bench: Bench, env: Readonly<Record<string, string>>): Promise<readonly Segment[]> {
  const statsig = await startStatsigSink();
  const server = await startOurs({ directory: bench.options.directory, eventsUrl: statsig.url, env });
  try {
    await fill(bench, server, 0, WARM_UP_EVENTS);
    await statsig.until(WARM_UP_EVENTS);
    await quiet(server);
    await statsig.close();
    const segments: Segment[] = [];
    await fill(bench, server, 0, FIRST);
    for (let reading = 1; reading <= READINGS; reading += 1) {
      const size = Math.round((bench.options.queued * reading) / READINGS);
      segments.push(await fill(bench, server, segments.at(-1)?.size ?? FIRST, size));
    }
    return segments;
  } finally {
    await server.close();
  }
}

/** The segment that is farthest from their median. */
function judge(what: string, segments: readonly Segment[], read: (segment: Segment) => number): Verdict {
  const { median } = spreadOf(segments.map(read));
  const farthest = segments
    .map((segment) => read(segment) / median - 1)
    .reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return {
    goal: `${what} from ${FIRST} to ${whole(segments.at(-1)?.size ?? 0)} events: within ${TOLERANCE * 100} % of the median`,
    measured: `${farthest < 0 ? '' : '+'}${(farthest * 100).toFixed(0)} %`,
    reached: Math.abs(farthest) <= TOLERANCE,
  };
}

function print(segments: readonly Segment[]): void {
  let from = FIRST;
  for (const { size, microsPerEvent, cpuMicrosPerEvent, residentMiB } of segments) {
    console.log(
      `  ${whole(from).padStart(9)} to ${whole(size).padStart(9)} events waiting  ${microsPerEvent.toFixed(1)} us per event, ${cpuMicrosPerEvent.toFixed(1)} us of processor time, RSS ${residentMiB.toFixed(0)} MiB`,
    );
    from = size;
  }
}

export const growthRow: Row = {
  id: 'growth',
  title: 'A growing queue, to disk, Statsig dead',
  async run(bench) {
    const segments = await grow(bench, {});
    print(segments);
    console.log('  the same without remembering messageIds (DEDUPE_WINDOW_MS=0):');
    print(await grow(bench, { DEDUPE_WINDOW_MS: '0' }));
    return [
      judge('processor time per event', segments, ({ cpuMicrosPerEvent }) => cpuMicrosPerEvent),
      judge('RSS', segments, ({ residentMiB }) => residentMiB),
    ];
  },
};
