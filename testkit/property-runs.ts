// How many cases a property, or a table of rows, is tried with: enough to notice a fault of the kind in the tests, many more in the proof.

import fc from 'fast-check';

// A case that fails waits for what never happens, and so do the smaller ones that are tried after it: what was found until then is told.
fc.configureGlobal({ interruptAfterTimeLimit: 200_000, includeErrorInReport: true });

/** How many times more, in `npm run proof:short`. */
const FACTOR = Number(process.env.PROPERTY_FACTOR ?? 1);

/** Rows of a table: one of so many in the tests, all in `npm run proof:short`. */
export function sampleOf<T>(rows: readonly T[], every: number): readonly T[] {
  return FACTOR > 1 ? rows : rows.filter((_, index) => index % every === 0);
}

/** @param inTests as many as the tests can afford */
export function propertyRuns(inTests: number): number {
  return inTests * FACTOR;
}
