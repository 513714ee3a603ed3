// Patterns that senders' texts are held against: regular expressions of the sources, of the settings, and lists of names with stars.

import { manifest } from '../../src/settings/manifest.js';
import { compileMatcher } from '../../src/transform/event-filter.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { attackTexts, findWorstGrowth, type Growth, timerOf } from './patterns.js';
import { findConstructions, findPatterns } from './source-scan.js';

/** Characters of the shorter text. */
const LENGTH = 6_000;

/** Between linear, 2, and the square, 4. */
export const MAX_RATIO = 3;

/** An expression whose time may grow faster, because it never sees more characters than this. */
export interface Bounded {
  readonly source: string;
  readonly maxLength: number;
  readonly why: string;
}

/** All of them. */
export const BOUNDED: readonly Bounded[] = [
  { source: '=+$', maxLength: 2, why: 'base64 that we make ends with two of them at the most' },
  {
    source: "[\\p{L}\\p{N}.!#$%'*+^_`{|}~-]+$",
    maxLength: 100,
    why: 'sees only what stands before the @ of an address',
  },
  { source: 'T[\\d:.]+$', maxLength: 35, why: 'sees only what is an ISO 8601 time' },
];

/** An expression and how its time grows. */
export interface JudgedPattern {
  readonly place: string;
  readonly source: string;
  readonly growth: Growth | undefined;
  readonly bounded: Bounded | undefined;
}

function judge(place: string, source: string, flags: string): JudgedPattern {
  const bounded = BOUNDED.find((each) => each.source === source);
  const texts = (length: number) => attackTexts(source, length);
  const growth = findWorstGrowth(timerOf(new RegExp(source, flags)), texts, bounded?.maxLength ?? LENGTH);
  return { place, source, growth, bounded };
}

/** Every expression of the sources. */
export function judgeSources(): readonly JudgedPattern[] {
  return findPatterns().map(({ place, source, flags }) => judge(place, source, flags));
}

function patternsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === 'pattern' && typeof each === 'string' ? [each] : patternsIn(each),
  );
}

/** Every pattern of the settings, which ajv runs on the Config of each new destination. */
export function judgeManifest(): readonly JudgedPattern[] {
  return [...new Set(patternsIn(manifest.settings))].map((source) => judge('manifest.json', source, 'u'));
}

/** Lists of names as an operator may write them, and the character that names are made of which nearly fit. */
const GLOBS: readonly string[] = [
  '*a',
  'a*a*a*a*a*a*a*a*b',
  '*a*a*a*a*a*a*a*a*a*',
  '**************b',
  '*ab*ab*ab*c',
  'page:*/*/*/*',
];

/** The worst list of names. */
export function judgeGlobs(): Growth | undefined {
  const all = GLOBS.map((glob) => {
    const matches = compileMatcher([glob]);
    // One look is too short to be measured.
    const measure = (text: string) => {
      const start = performance.now();
      for (let count = 0; count < 200; count++) matches(text);
      return performance.now() - start;
    };
    return findWorstGrowth(
      measure,
      (length) => ['a', 'ab', '/', 'ba'].map((pump) => `page:${pump.repeat(length * 10)}`),
      LENGTH,
    );
  });
  return all.reduce((worst, each) => ((each?.ratio ?? 0) > (worst?.ratio ?? 0) ? each : worst), undefined);
}

/** Those whose time grows faster than it may. */
export function findBad(patterns: readonly JudgedPattern[]): readonly JudgedPattern[] {
  return patterns.filter(({ growth, bounded }) => {
    if (growth === undefined) return false;
    return bounded === undefined ? growth.ratio > MAX_RATIO : growth.ms === Number.POSITIVE_INFINITY;
  });
}

function describe(patterns: readonly JudgedPattern[]): string {
  const bad = findBad(patterns).map(({ place, source, growth }) => `${place} ${source}: × ${growth?.ratio.toFixed(1)}`);
  return `${patterns.length} expressions; ${bad.length === 0 ? 'none grows faster' : bad.join('; ')}`;
}

const PROMISE = 'twice the text takes at most about twice the time';

function judged(what: string, run: () => readonly JudgedPattern[]): Attempt {
  return {
    what,
    promise: PROMISE,
    async run() {
      const patterns = run();
      return { seen: describe(patterns), held: findBad(patterns).length === 0 };
    },
  };
}

/** Patterns, each against the texts that it has most trouble with. */
export const HOSTILE_EXPRESSIONS: AttemptGroup = {
  title: 'Patterns (ReDoS)',
  attempts: [
    judged('every regular expression of the sources', judgeSources),
    judged("every pattern of the settings' schema", judgeManifest),
    {
      what: 'expressions made of a string at run time',
      promise: 'none',
      async run() {
        const places = findConstructions();
        return { seen: places.length === 0 ? 'none' : places.join(', '), held: places.length === 0 };
      },
    },
    {
      what: 'lists of names with stars, against names that nearly fit',
      promise: PROMISE,
      async run() {
        const worst = judgeGlobs();
        return {
          seen: worst === undefined ? 'too fast to be measured' : `× ${worst.ratio.toFixed(1)}`,
          held: (worst?.ratio ?? 0) <= MAX_RATIO,
        };
      },
    },
  ],
};
