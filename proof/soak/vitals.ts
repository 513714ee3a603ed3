// Takes the pulse of a process: memory, descriptors, processor time and the lag of its event loop, second by second.

import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { processorSeconds, readMetrics, residentMiB } from '../../testkit/plugin-process.js';

const SAMPLE_MS = 1_000;
/** A scrape costs the process something. */
const SAMPLES_PER_SCRAPE = 5;

/** Open descriptors. */
export interface Descriptors {
  readonly sockets: number;
  /** Files of the outbox and of other stores: LevelDB opens one for each 2 MB or so. */
  readonly files: number;
  readonly others: number;
}

/** The pulse in one second. */
export interface Pulse {
  /** Since the first one. */
  readonly seconds: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

/** What was seen of the process in a span of time. */
export interface Span {
  readonly residentMiB: number;
  readonly descriptors: number;
  /** Of one core. */
  readonly processorShare: number;
  /** Longest lag of the event loop, in milliseconds. */
  readonly longestLagMs: number;
  /** Waiting in the outbox at the end. */
  readonly waiting: number;
}

/** @param pid of a process (Linux only) */
export function countDescriptors(pid: number): Descriptors {
  const counts = { sockets: 0, files: 0, others: 0 };
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    let name = '';
    try {
      name = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    } catch {
      continue;
    }
    if (name.startsWith('socket:')) counts.sockets += 1;
    else if (name.includes('/data/')) counts.files += 1;
    else counts.others += 1;
  }
  return counts;
}

/** The slope of the line that fits best, in units of y per unit of x; 0 of fewer than two points. Pure. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** Takes it until it is stopped. */
export function takePulse(pid: number, url: string) {
  const start = performance.now();
  const pulses: Pulse[] = [];
  let spanStart = { at: start, processor: processorSeconds(pid) };
  let longestLagMs = 0;
  let waiting = 0;

  async function scrape(): Promise<void> {
    const metrics = await readMetrics(url);
    longestLagMs = Math.max(longestLagMs, (metrics.get('nodejs_eventloop_lag_max_seconds') ?? 0) * 1000);
    waiting = metrics.get('statsig_cdp_outbox_events') ?? 0;
  }

  const timer = setInterval(() => {
    if (!existsSync(`/proc/${pid}/fd`)) return;
    const { sockets, files, others } = countDescriptors(pid);
    const seconds = (performance.now() - start) / 1000;
    pulses.push({ seconds, residentMiB: residentMiB(pid), descriptors: sockets + files + others });
    if (pulses.length % SAMPLES_PER_SCRAPE === 0) scrape().catch(() => {});
  }, SAMPLE_MS);

  return {
    pulses,
    /** What was seen since the last span. */
    async span(): Promise<Span> {
      await scrape();
      const now = { at: performance.now(), processor: processorSeconds(pid) };
      const last = pulses.at(-1);
      const span = {
        residentMiB: last?.residentMiB ?? 0,
        descriptors: last?.descriptors ?? 0,
        processorShare: (now.processor - spanStart.processor) / ((now.at - spanStart.at) / 1000),
        longestLagMs,
        waiting,
      };
      spanStart = now;
      longestLagMs = 0;
      return span;
    },
    /** MiB per minute over the second half of the pulses. */
    memorySlope(): number {
      const half = pulses.slice(Math.floor(pulses.length / 2));
      return slopeOf(half.map(({ seconds, residentMiB: resident }) => [seconds / 60, resident] as const));
    },
    stop: () => clearInterval(timer),
  };
}
