// Makes rows of the benchmark of the shared outbox: each with a database of its own, and not measured where no server is installed.

import { postgresPrograms } from '../../testkit/postgres-cluster.js';
import type { Bench, Row, Verdict } from '../performance/row.js';
import { type Spread, spreadOf, spreadText } from '../performance/spread.js';
import { startBenchDatabase } from './bench-database.js';
import type { SharedRig } from './shared-measure.js';

/** A measurement takes so many times as long as one of the other rows: a commit waits for the disk. */
const PATIENCE = 3;

/** @param run measures on a database that is ended afterwards */
export function sharedRow(
  id: string,
  title: string,
  run: (rig: SharedRig, bench: Bench) => Promise<readonly Verdict[]>,
): Row {
  return {
    id: `shared-${id}`,
    title,
    async run(bench) {
      if (postgresPrograms() === undefined)
        return [{ goal: title, measured: 'PostgreSQL is not installed', reached: undefined }];
      const { directory: parent, seconds } = bench.options;
      const cluster = await startBenchDatabase(parent);
      try {
        return await run({ cluster, parent, seconds: seconds * PATIENCE }, bench);
      } finally {
        await cluster.close();
      }
    },
  };
}

/** Quotients, round by round. */
export function ratiosOf(above: readonly number[], below: readonly number[]): Spread {
  return spreadOf(above.map((value, round) => value / (below[round] ?? Number.NaN)));
}

/** At least so much of something else. */
export function atLeast(goal: string, bound: number, ratios: Spread): Verdict {
  return { goal: `${goal} >= ${bound}`, measured: spreadText(ratios, 2), reached: ratios.median >= bound };
}

/** At most so much of something else. */
export function atMost(goal: string, bound: number, ratios: Spread): Verdict {
  return { goal: `${goal} <= ${bound}`, measured: spreadText(ratios, 2), reached: ratios.median <= bound };
}
