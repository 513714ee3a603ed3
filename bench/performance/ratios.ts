// Compares contenders round by round, and judges by it.

import type { Measured } from './measure.js';
import type { Rounds } from './rounds.js';
import type { Verdict } from './row.js';
import { percentile, type Spread, spreadOf, spreadText } from './spread.js';

/** What is compared. */
export type Measure = 'eventsPerCpuSecond' | 'eventsPerSecond' | 'p99Ms';

/** In words. */
export const MEASURES: Readonly<Record<Measure, string>> = {
  eventsPerCpuSecond: 'events per CPU-second',
  eventsPerSecond: 'events/s',
  p99Ms: 'p99',
};

/** A hundredth of the calls of one round can be a single call: the rounds are taken together. */
function pooledP99(measured: readonly Measured[]): number {
  return percentile(
    measured.flatMap(({ seen }) => seen.latenciesMs),
    0.99,
  );
}

/** How one contender does against another, round by round; `undefined` where one did not take part or its process is not known. */
export function ratio(rounds: Rounds, of: string, to: string, by: Measure): Spread | undefined {
  const [ours, theirs] = [rounds.get(of), rounds.get(to)];
  if (ours === undefined || theirs === undefined) return undefined;
  const ratios = spreadOf(ours.map((measured, round) => measured[by] / (theirs[round]?.[by] ?? Number.NaN)));
  if (Number.isNaN(ratios.median)) return undefined;
  return by === 'p99Ms' ? { ...ratios, median: pooledP99(ours) / pooledP99(theirs) } : ratios;
}

/** A ratio that is to be reached. */
export interface RatioGoal {
  readonly of: string;
  readonly to: string;
  readonly by: Measure;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Judges by the median of the rounds, and p99 by that of all their calls. */
export function judge(rounds: Rounds, { of, to, by, atLeast, atMost }: RatioGoal): Verdict {
  const bound = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
  const goal = `${of}, ${MEASURES[by]}: ${bound} x ${to}`;
  const found = ratio(rounds, of, to, by);
  if (found === undefined) return { goal, measured: `${to} did not take part`, reached: undefined };
  const reached = found.median >= (atLeast ?? 0) && found.median <= (atMost ?? Number.POSITIVE_INFINITY);
  return { goal, measured: spreadText(found, 2), reached };
}
