// What a change may cost: this build against another one in the same rounds.

import { judge, type Measure } from './ratios.js';
import type { Rounds } from './rounds.js';
import type { Verdict } from './row.js';
import { type Spread, spreadText } from './spread.js';

/** Of the other build's figure, for noise and for what a change is worth. */
const AT_LEAST = 0.95;

/** @param name what is compared @param ratio by rounds */
export function judgeRatioToBaseline(name: string, ratio: Spread): Verdict {
  return {
    goal: `${name}: >= ${AT_LEAST} x before`,
    measured: spreadText(ratio, 2),
    reached: ratio.median >= AT_LEAST,
  };
}

/** The name of a contender of the other build. */
export function nameOfBaseline(name: string): string {
  return `${name}, before`;
}

/** Judges a contender by its counterpart of the other build; nothing where that took no part. */
export function judgeByBaseline(rounds: Rounds, name: string, by: Measure): readonly Verdict[] {
  const to = nameOfBaseline(name);
  return rounds.has(to) ? [judge(rounds, { of: name, to, by, atLeast: AT_LEAST })] : [];
}
