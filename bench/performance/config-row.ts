// The row about compiled settings: how often they are found, and what happens when more workspaces come than are kept.

import { findFault } from './answer-checks.js';
import { ratio } from './ratios.js';
import { printRatios, printRounds } from './report.js';
import { type Contender, runRounds } from './rounds.js';
import type { Bench, Row, Verdict } from './row.js';
import { type Server, startOurs } from './servers.js';
import { spreadText } from './spread.js';

const CACHE_SIZE = 1_000;
const WORKSPACES = [1, 1_000, 2_000, 5_000, 10_000] as const;
const EVENTS = 20;
const CONNECTIONS = 8;
const GOAL_HIT_RATE = 0.999;
/** With by far too many workspaces each request compiles; it may cost as much again, not more. */
const GOAL_SHARE = 0.5;

const nameOf = (workspaces: number) => `${workspaces} workspace${workspaces === 1 ? '' : 's'}`;

/** Requests go to the workspaces by turns, which for a cache that forgets what was used least recently is the worst order. */
function contenderOf(workspaces: number, server: Server): Contender {
  return {
    name: nameOf(workspaces),
    load: {
      form: 'processor',
      content: 'mixed',
      eventsPerCall: EVENTS,
      connections: CONNECTIONS,
      destinations: workspaces,
    },
    server: async () => server,
    fault: (answer) => findFault('processor', 'mixed', EVENTS, answer),
  };
}

function judgeHitRates({ hitRates }: Bench): Verdict {
  const [worst] = [...hitRates].sort(([, a], [, b]) => a - b);
  const goal = `hit rate >= ${GOAL_HIT_RATE * 100} % in every row`;
  if (worst === undefined) return { goal, measured: 'no row ran', reached: undefined };
  const [row, rate] = worst;
  return { goal, measured: `${(rate * 100).toFixed(3)} % in ${row}`, reached: rate >= GOAL_HIT_RATE };
}

export const configRow: Row = {
  id: 'config',
  title: `Compiled settings: ${WORKSPACES.at(-1)} workspaces by turns through a cache of ${CACHE_SIZE}, ${EVENTS} x ${CONNECTIONS}`,
  async run(bench) {
    const { directory } = bench.options;
    const servers = new Map<number, Server>();
    try {
      for (const workspaces of WORKSPACES)
        servers.set(workspaces, await startOurs({ directory, env: { CONFIG_CACHE_SIZE: String(CACHE_SIZE) } }));
      const contenders = [...servers].map(([workspaces, server]) => contenderOf(workspaces, server));
      const rounds = await runRounds(bench, this.id, contenders);
      printRounds(rounds);
      for (const [workspaces, server] of servers) {
        const counts = await server.cacheCounts?.();
        const rate = counts === undefined ? Number.NaN : counts.hits / (counts.hits + counts.misses);
        console.log(`  ${nameOf(workspaces).padEnd(22)}  hit rate ${(rate * 100).toFixed(2)} %`);
      }
      // Here they are missed on purpose.
      bench.hitRates.delete(this.id);
      for (const workspaces of WORKSPACES.slice(1)) printRatios(rounds, nameOf(workspaces), nameOf(1));
      const most = ratio(rounds, nameOf(WORKSPACES.at(-1) ?? 0), nameOf(1), 'eventsPerCpuSecond');
      return [
        judgeHitRates(bench),
        {
          goal: `${WORKSPACES.at(-1)} workspaces, events per CPU-second: >= ${GOAL_SHARE} x one`,
          measured: most === undefined ? 'unknown' : spreadText(most, 2),
          reached: most === undefined ? undefined : most.median >= GOAL_SHARE,
        },
      ];
    } finally {
      for (const server of servers.values()) await server.close();
    }
  },
};
