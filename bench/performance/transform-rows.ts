// The rows about rudder-server's requests: throughput against the stock transformer and the floor, and the tail of the latency.

import { findFault } from './answer-checks.js';
import { judgeByBaseline, nameOfBaseline } from './baseline.js';
import type { Content, FormName } from './forms.js';
import { judge, type RatioGoal } from './ratios.js';
import { printRatios, printRounds } from './report.js';
import { type Contender, runRounds } from './rounds.js';
import type { Row } from './row.js';
import { type Server, startBaseline, startFloor, startOurs } from './servers.js';

/** Who answers: we, another build of ours, the floor, or the stock transformer. */
type Who = 'ours' | 'before' | 'floor' | 'stock';

/** A line of a row. */
interface Line {
  readonly name: string;
  readonly who: Who;
  readonly form: FormName;
  readonly content: Content;
}

/** A row of this kind. */
interface TransformRow {
  readonly id: string;
  readonly title: string;
  readonly events: number;
  readonly lines: readonly Line[];
  readonly goal: RatioGoal;
  /** Times the usual duration: where a call is long, few calls make no percentile. */
  readonly patience?: number;
  /** Others to print. */
  readonly ratios?: readonly (readonly [string, string])[];
}

const CONNECTIONS = 8;

const line = (name: string, who: Who, form: FormName, content: Content = 'mixed'): Line => ({
  name,
  who,
  form,
  content,
});

function processorRow(events: number, atLeast: number): TransformRow {
  return {
    id: `processor-${events}`,
    title: `Processor transform, ${events} x ${CONNECTIONS}, against the stock transformer`,
    events,
    lines: [
      line('ours', 'ours', 'processor'),
      line('floor', 'floor', 'processor'),
      line('stock', 'stock', 'processor'),
    ],
    goal: { of: 'ours', to: 'stock', by: 'eventsPerCpuSecond', atLeast },
    ratios: [['ours', 'floor']],
  };
}

const ROWS: readonly TransformRow[] = [
  processorRow(100, 3),
  processorRow(20, 3),
  processorRow(1, 2),
  {
    id: 'router-20',
    title: `Router transform, 20 x ${CONNECTIONS}, against the floor`,
    events: 20,
    lines: [line('ours', 'ours', 'router'), line('floor', 'floor', 'router')],
    goal: { of: 'ours', to: 'floor', by: 'eventsPerCpuSecond', atLeast: 0.7 },
  },
  {
    id: 'compacted',
    title: `Processor transform, 100 x ${CONNECTIONS}, compacted bodies against plain ones`,
    events: 100,
    lines: [line('compacted', 'ours', 'compacted'), line('plain', 'ours', 'processor')],
    goal: { of: 'compacted', to: 'plain', by: 'eventsPerCpuSecond', atLeast: 1 },
  },
  {
    id: 'invalid',
    title: `Processor transform, 100 x ${CONNECTIONS}, batches of invalid events against good ones`,
    events: 100,
    lines: [line('all invalid', 'ours', 'processor', 'invalid'), line('all good', 'ours', 'processor', 'converted')],
    goal: { of: 'all invalid', to: 'all good', by: 'eventsPerCpuSecond', atLeast: 1 },
  },
  {
    id: 'p99-500',
    title: `Processor transform, 500 x ${CONNECTIONS}, the slowest hundredth against the floor's`,
    events: 500,
    lines: [line('ours', 'ours', 'processor'), line('floor', 'floor', 'processor')],
    goal: { of: 'ours', to: 'floor', by: 'p99Ms', atMost: 2 },
    patience: 2,
  },
];

function toContender(
  { name, who, form, content }: Line,
  { events, patience = 1 }: TransformRow,
  server: Server,
): Contender {
  return {
    name,
    patience,
    load: { form, content, eventsPerCall: events, connections: CONNECTIONS },
    server: async () => server,
    fault: (answer) => (who === 'floor' ? undefined : findFault(form, content, events, answer)),
  };
}

/** Each of our lines has one of the other build beside it, which takes part where there is one. */
function withBaseline(lines: readonly Line[]): readonly Line[] {
  return lines.flatMap((each): readonly Line[] =>
    each.who === 'ours' ? [each, { ...each, name: nameOfBaseline(each.name), who: 'before' }] : [each],
  );
}

function toRow(row: TransformRow): Row {
  const { id, title, goal, ratios = [] } = row;
  const lines = withBaseline(row.lines);
  return {
    id,
    title,
    async run(bench) {
      const { stock, directory, baseline } = bench.options;
      const servers = new Map<Who, Server>([['ours', await startOurs({ directory })]]);
      if (baseline !== undefined) servers.set('before', await startBaseline(baseline, { directory }));
      if (lines.some(({ who }) => who === 'floor')) servers.set('floor', await startFloor({ directory }));
      if (stock !== undefined) servers.set('stock', stock);
      try {
        const contenders = lines.flatMap((each) => {
          const server = servers.get(each.who);
          return server === undefined ? [] : [toContender(each, row, server)];
        });
        const rounds = await runRounds(bench, id, contenders);
        printRounds(rounds);
        for (const [of, to] of [[goal.of, goal.to] as const, ...ratios]) printRatios(rounds, of, to);
        const ours = row.lines.filter(({ who }) => who === 'ours');
        const byBaseline = ours.flatMap(({ name }) => judgeByBaseline(rounds, name, 'eventsPerCpuSecond'));
        return [judge(rounds, goal), ...byBaseline];
      } finally {
        for (const server of servers.values()) await server.close();
      }
    },
  };
}

export const transformRows: readonly Row[] = ROWS.map(toRow);
