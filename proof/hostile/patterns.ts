// Texts that make a bad regular expression take forever, and how its time grows with them.

import { createContext, Script } from 'node:vm';

const CLASSES = ['a', '0', ' ', '\n', '_', '-', '.', 'é', '\u00ad', '\ud800'];
const MIXTURES = ['a.', 'a-', '1:', 'T1', 'a ', '/.'];

/** What an expression may repeat: characters of all classes, and its own words. */
function pumps(source: string): readonly string[] {
  const words = source.match(/[A-Za-z][\w-]{2,}/g) ?? [];
  const own = source.replace(/\\[a-zA-Z]/g, '').match(/[^\s\w\\()[\]{}|*+?^$]|\\[()[\]{}|*+?^$]/g) ?? [];
  return [
    ...new Set([
      ...CLASSES,
      ...MIXTURES,
      ...own.map((each) => each.replace('\\', '')),
      ...words,
      ...words.map((word) => `${word}-`),
    ]),
  ];
}

/** What leads up to the part that repeats: the literal beginning of the expression, and ways into its groups. */
function prefixes(source: string): readonly string[] {
  const [, literal = ''] = /^\^?((?:[\w:/"<=. -]|\\[/.])*)/.exec(source) ?? [];
  const plain = literal.replaceAll('\\', '');
  return [...new Set(['', plain, `${plain}x`, '2026-01-02T03:04:05.', 'a@b.'])];
}

const SUFFIXES = ['', '!', '\n'];

/** Texts of about this length that a backtracking expression has trouble with. */
export function attackTexts(source: string, length: number): readonly string[] {
  return prefixes(source).flatMap((prefix) =>
    pumps(source).flatMap((pump) => {
      const body = pump.repeat(Math.ceil(length / pump.length));
      return SUFFIXES.map((suffix) => prefix + body + suffix);
    }),
  );
}

/** Longer than any linear expression takes. */
const TIMEOUT_MS = 2_000;

const replaceAll = new Script('expression.lastIndex = 0; expression[Symbol.replace](text, "")');

/** Measures in milliseconds how long an expression takes to look through a whole text; infinite beyond two seconds. */
export function timerOf(expression: RegExp): (text: string) => number {
  const context = createContext({ expression, text: '' });
  return (text) => {
    context.text = text;
    const start = performance.now();
    try {
      replaceAll.runInContext(context, { timeout: TIMEOUT_MS });
    } catch (error) {
      // It comes from another realm: `instanceof Error` does not know it.
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
      if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return Number.POSITIVE_INFINITY;
      throw error;
    }
    return performance.now() - start;
  };
}

/** How a time grows when the text gets twice as long. */
export interface Growth {
  /** Its beginning. */
  readonly text: string;
  readonly ms: number;
  readonly doubledMs: number;
  /** 2 is linear, 4 the square, infinite what was not over in time. */
  readonly ratio: number;
}

/** Below it a time says more about the machine than about the expression. */
const MEASURABLE_MS = 8;

const REPEATS = 7;

function best(measure: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < REPEATS; count++) least = Math.min(least, measure());
  return least;
}

/**
 * The text for which the time grows most when the text is doubled; `undefined` where all are over too soon to tell.
 *
 * @param measure milliseconds for a string
 * @param textsOf texts of about a length, the same ones in the same order for each length
 * @param length of the shorter ones
 */
export function findWorstGrowth(
  measure: (text: string) => number,
  textsOf: (length: number) => readonly string[],
  length: number,
): Growth | undefined {
  const doubled = textsOf(2 * length);
  let worst: Growth | undefined;
  for (const [index, text] of textsOf(length).entries()) {
    const twice = doubled[index] ?? text;
    // What is fast needs no second look, and what is not over in time no other text.
    const first = measure(twice);
    if (first < MEASURABLE_MS) continue;
    const isEndless = first === Number.POSITIVE_INFINITY;
    const doubledMs = isEndless ? first : best(() => measure(twice));
    if (doubledMs < MEASURABLE_MS) continue;
    const ms = isEndless ? measure(text) : best(() => measure(text));
    const ratio = isEndless ? doubledMs : doubledMs / ms;
    if (worst === undefined || ratio > worst.ratio) worst = { text: text.slice(0, 40), ms, doubledMs, ratio };
    if (worst.ratio > 3) return worst;
  }
  return worst;
}
