// The row about a growing queue: what an event costs while the outbox fills up, with Statsig dead.

import { measure } from './measure.js';
import type { Bench, Row, Verdict } from './row.js';
import { type Server, startOurs } from './servers.js';
import { startStatsigSink } from './sinks.js';
import { spreadOf, whole } from './spread.js';

const BATCH = { form: 'batch', content: 'converted', eventsPerCall: 100, connections: 8 } as const;
const FIRST = 100;
/** Delivered before Statsig dies: a cold process would make the first events the dearest. */
const WARM_UP_EVENTS = 20_000;
const TOLERANCE = 0.15;

/** What was measured while the outbox grew to a size. */
interface Segment {
  readonly size: number;
  readonly microsPerEvent: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
}

/** 10,000, 30,000, 100,000 … up to the last one. */
function sizesUpTo(last: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = 10_000; size < last; size *= 10) sizes.push(size, size * 3);
  return [...sizes.filter((size) => size < last), last];
}

async function fill(bench: Bench, server: Server, from: number, to: number): Promise<Segment> {
  const events = Math.ceil((to - from) / BATCH.eventsPerCall) * BATCH.eventsPerCall;
  const measured = await measure(bench, server, { ...BATCH, calls: events / BATCH.eventsPerCall });
  const { seen, eventsPerSecond, eventsPerCpuSecond, residentMiB } = measured;
  if (seen.events !== events) throw new Error(`not all was taken: ${JSON.stringify(seen.statuses)}`);
  return { size: to, microsPerEvent: 1e6 / eventsPerSecond, cpuMicrosPerEvent: 1e6 / eventsPerCpuSecond, residentMiB };
}

async function grow(bench: Bench, env: Readonly<Record<string, string>>): Promise<readonly Segment[]> {
  const statsig = await startStatsigSink();
  const server = await startOurs({ directory: bench.options.directory, eventsUrl: statsig.url, env });
  try {
    await fill(bench, server, 0, WARM_UP_EVENTS);
    await statsig.until(WARM_UP_EVENTS);
    await statsig.close();
    const segments: Segment[] = [];
    await fill(bench, server, 0, FIRST);
    for (const size of sizesUpTo(bench.options.queued)) {
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
