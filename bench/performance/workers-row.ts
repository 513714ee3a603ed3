// Two workers against one process: what they answer together, what an event takes of the processor, and whether they count what they answered.

import { availableParallelism } from 'node:os';
import { sumSamples } from '../../testkit/metric-samples.js';
import { until } from '../../testkit/until.js';
import { findFault } from './answer-checks.js';
import type { Measured } from './measure.js';
import { judge } from './ratios.js';
import { printRatios, printRounds } from './report.js';
import { type Contender, type Rounds, runRounds } from './rounds.js';
import type { Bench, Row, Verdict } from './row.js';
import { type Server, startOurs } from './servers.js';
import { type Spread, spreadOf, spreadText } from './spread.js';

/** Events and connections of rudder-server's processor. */
const LOADS = [
  { events: 100, connections: 8 },
  { events: 20, connections: 16 },
] as const;

const NAMES = { one: '1 process', two: '2 workers' } as const;

/** V8 compiles each worker by itself: so many events for each of them before anything is measured. */
const WARM_UP_EVENTS = 60_000;

/** Of all that two can do. */
const LEAST_SHARE = 0.9;

async function startWith(workers: number, directory: string): Promise<Server> {
  const env = { WORKERS: String(workers), PUBLIC_PORT: '0' };
  const server = await startOurs({ directory, env });
  const ready = async () => JSON.parse(await (await fetch(`http://127.0.0.1:${server.port}/readyz`)).text());
  await until(async () => workers === 1 || (await ready()).workers.length === workers, 'all workers listen');
  return server;
}

async function countReceived({ port }: Server): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return sumSamples(text, 'statsig_cdp_events_total', { outcome: 'received' });
}

/** By how much two can be faster, with the cores that the generator leaves them. */
function room(one: Measured, two: Measured): number {
  const taken = one.eventsPerSecond / one.eventsPerCpuSecond;
  return Math.min(2, (availableParallelism() - two.seen.cores) / taken);
}

function ofRounds(rounds: Rounds, read: (one: Measured, two: Measured) => number): Spread {
  const [ones = [], twos = []] = [rounds.get(NAMES.one), rounds.get(NAMES.two)];
  return spreadOf(twos.flatMap((two, round) => (ones[round] === undefined ? [] : [read(ones[round], two)])));
}

function judgeThroughput(rounds: Rounds, load: string): Verdict {
  const gained = ofRounds(rounds, (one, two) => two.eventsPerSecond / one.eventsPerSecond);
  const possible = ofRounds(rounds, room);
  const reached = ofRounds(rounds, (one, two) => two.eventsPerSecond / one.eventsPerSecond / room(one, two));
  const generator = ofRounds(rounds, (_, two) => two.seen.cores);
  return {
    goal: `${load}: ${NAMES.two}, events/s: >= ${LEAST_SHARE} of what the cores that the generator leaves allow (1.8 x where it leaves two)`,
    measured: `${spreadText(reached, 2)}: ${spreadText(gained, 2)} x of ${spreadText(possible, 2)} x, the generator takes ${spreadText(generator, 2)} of ${availableParallelism()} cores`,
    reached: reached.median >= LEAST_SHARE,
  };
}

async function compare(bench: Bench, { events, connections }: (typeof LOADS)[number]): Promise<readonly Verdict[]> {
  const { directory } = bench.options;
  const load = `${events} x ${connections}`;
  const servers = [
    [NAMES.one, await startWith(1, directory)],
    [NAMES.two, await startWith(2, directory)],
  ] as const;
  try {
    const contenders = servers.map(
      ([name, server]): Contender => ({
        name,
        load: { form: 'processor', content: 'mixed', eventsPerCall: events, connections },
        server: async () => server,
        fault: (answer) => findFault('processor', 'mixed', events, answer),
      }),
    );
    const [, [, two]] = servers;
    let answered = 0;
    const counting = {
      ...bench,
      generator: {
        ...bench.generator,
        async make(asked: Parameters<typeof bench.generator.make>[0]) {
          const seen = await bench.generator.make(asked);
          if (asked.port === two.port) answered += seen.events;
          return seen;
        },
      },
    };
    for (const [index, { load }] of contenders.entries()) {
      const calls = (WARM_UP_EVENTS * (index + 1)) / events;
      await counting.generator.make({ ...load, port: servers[index]?.[1].port ?? 0, calls });
    }
    const rounds = await runRounds(counting, 'workers', contenders);
    printRounds(rounds);
    printRatios(rounds, NAMES.two, NAMES.one);
    const counted = await countReceived(two);
    const byCpu = judge(rounds, { of: NAMES.two, to: NAMES.one, by: 'eventsPerCpuSecond', atLeast: 0.97 });
    return [
      { ...byCpu, goal: `${load}: ${byCpu.goal}` },
      judgeThroughput(rounds, load),
      {
        goal: `${load}: both count what they answered`,
        measured: `${counted} counted, ${answered} answered`,
        reached: counted === answered,
      },
    ];
  } finally {
    for (const [, server] of servers) await server.close();
  }
}

/** What workers gain. */
export const workersRow: Row = {
  id: 'workers',
  title: 'Processor transform by two workers, against one process',
  async run(bench) {
    const verdicts: Verdict[] = [];
    for (const load of LOADS) verdicts.push(...(await compare(bench, load)));
    return verdicts;
  },
};
