// The row about what leaves Statsig: webhook batches of 100 to Segment, through us and through Segment's SDK alone.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { BareOrder } from './bare-order.js';
import { judgeRatioToBaseline } from './baseline.js';
import { treeProcessorSeconds } from './process-tree.js';
import type { Bench, Row } from './row.js';
import { type Server, startBaseline, startOurs } from './servers.js';
import { type Sink, startSegmentSink } from './sinks.js';
import { spreadOf, spreadText, wholeSpreadText } from './spread.js';

const BARE = new URL('bare-sdk.js', import.meta.url).pathname;
const EVENTS_PER_CALL = 100;
const CONNECTIONS = 4;
const GOAL = 0.5;
/** About what arrives in a second, so that a measurement takes about as long as others. */
const EVENTS_PER_SECOND = 6_000;

/** From the first event pushed to the last one arrived. */
interface Sent {
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
}

async function timed(sink: Sink, events: number, pid: number, push: () => Promise<unknown>): Promise<Sent> {
  const wanted = sink.counts().events + events;
  const cpu = treeProcessorSeconds(pid);
  const start = performance.now();
  await push();
  await sink.until(wanted);
  const seconds = (performance.now() - start) / 1000;
  return { eventsPerSecond: events / seconds, eventsPerCpuSecond: events / (treeProcessorSeconds(pid) - cpu) };
}

/** The calls of a request to Segment. */
function callsIn(body: Buffer | undefined): readonly object[] {
  if (body === undefined) throw new Error('nothing arrived');
  const { batch }: { readonly batch: readonly object[] } = JSON.parse(body.toString());
  return batch;
}

function startBare() {
  const child = fork(BARE, { stdio: 'inherit' });
  return {
    pid: child.pid ?? 0,
    async send(order: BareOrder): Promise<void> {
      const done = once(child, 'message');
      child.send(order);
      await done;
    },
    async close(): Promise<void> {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

async function compare({ options, generator }: Bench, sink: Sink) {
  const events = Math.ceil((options.seconds * EVENTS_PER_SECOND) / EVENTS_PER_CALL) * EVENTS_PER_CALL;
  const parts = { directory: options.directory, segmentUrl: sink.url };
  const ours = await startOurs(parts);
  const before = options.baseline === undefined ? undefined : await startBaseline(options.baseline, parts);
  const bare = startBare();
  const rounds: { ours: Sent; before: Sent | undefined; bare: Sent }[] = [];
  try {
    // The first round warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      const load = {
        form: 'webhook',
        content: 'mixed',
        eventsPerCall: EVENTS_PER_CALL,
        connections: CONNECTIONS,
      } as const;
      const calls = events / EVENTS_PER_CALL;
      const through = ({ pid = 0, port }: Server) =>
        timed(sink, events, pid, () => generator.make({ ...load, port, calls }));
      const byUs = await through(ours);
      const byBefore = before && (await through(before));
      const order = { host: sink.url, calls: callsIn(sink.firstBody()), events, run: `bare-${round}` };
      const byBare = await timed(sink, events, bare.pid, () => bare.send(order));
      if (round > 0) rounds.push({ ours: byUs, before: byBefore, bare: byBare });
    }
  } finally {
    await bare.close();
    await before?.close();
    await ours.close();
  }
  return { events, rounds };
}

export const outboundRow: Row = {
  id: 'outbound',
  title: `Out of Statsig: webhook batches of ${EVENTS_PER_CALL} to Segment, against Segment's SDK alone with the same calls`,
  async run(bench) {
    const sink = await startSegmentSink();
    try {
      const { events, rounds } = await compare(bench, sink);
      for (const name of ['ours', 'bare'] as const) {
        const rate = spreadOf(rounds.map((round) => round[name].eventsPerSecond));
        const cpu = spreadOf(rounds.map((round) => round[name].eventsPerCpuSecond));
        console.log(`  ${name.padEnd(22)}  ${wholeSpreadText(rate)} events/s  ${wholeSpreadText(cpu)} per CPU-second`);
      }
      const ratioOf = (measure: keyof Sent) => spreadOf(rounds.map(({ ours, bare }) => ours[measure] / bare[measure]));
      const rate = ratioOf('eventsPerSecond');
      console.log(
        `  ours / bare: ${spreadText(rate, 2)} in events/s, ${spreadText(ratioOf('eventsPerCpuSecond'), 2)} in events per CPU-second; ${events} events each`,
      );
      const toBefore = rounds.flatMap(({ ours, before }) =>
        before === undefined ? [] : [ours.eventsPerSecond / before.eventsPerSecond],
      );
      return [
        { goal: `events/s: >= ${GOAL} x the SDK alone`, measured: spreadText(rate, 2), reached: rate.median >= GOAL },
        ...(toBefore.length === 0 ? [] : [judgeRatioToBaseline('ours, events/s', spreadOf(toBefore))]),
      ];
    } finally {
      await sink.close();
    }
  },
};
