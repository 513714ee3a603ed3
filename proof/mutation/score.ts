// Counts what became of the mutants, and says how far a sample can be trusted.

import type { Mutant } from './instrumenter.js';
import type { Fate } from './test-runs.js';

/** A mutant and what became of it. */
export interface Judged {
  readonly mutant: Mutant;
  readonly fate: Fate;
}

/** How many of how many, from 0 to 1, and the bounds of that for all mutants, of which these may be a sample. */
export interface Score {
  readonly judged: number;
  readonly noticed: number;
  readonly share: number;
  readonly least: number;
  readonly most: number;
}

/** For 95 of 100 samples. */
const Z = 1.96;

export function isNoticed({ fate }: Judged): boolean {
  return fate === 'killed' || fate === 'timeout';
}

/**
 * The share that was noticed with its bounds: Wilson's interval, narrowed for what a sample has of a finite whole.
 *
 * @param all how many mutants there are
 */
export function scoreOf(judged: readonly Judged[], all: number): Score {
  const n = judged.length;
  const noticed = judged.filter(isNoticed).length;
  const share = noticed / n;
  const rest = all <= 1 ? 0 : (all - n) / (all - 1);
  const z2 = Z * Z * rest;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Math.sqrt(z2) / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { judged: n, noticed, share, least: middle - half, most: middle + half };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** `src/delivery: 243 of 300 noticed (of 2100 mutants): 81.0 % (76.5 to 84.9 %)`. */
export function scoreText(name: string, { judged, noticed, share, least, most }: Score, all: number): string {
  const bounds = judged === all ? 'all of them' : `95 of 100 samples: ${percent(least)} to ${percent(most)}`;
  return `${name}: ${noticed} of ${judged} noticed, of ${all} mutants: ${percent(share)} (${bounds})`;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 100);

/** `src/call/verdict.ts:31:7 survived ConditionalExpression: status < 300 -> true`. */
export function survivorText({ mutant, fate }: Judged): string {
  const { file, line, column, kind, original, replacement } = mutant;
  return `${file}:${line}:${column} ${fate} ${kind}: ${oneLine(original)} -> ${oneLine(replacement)}`;
}
