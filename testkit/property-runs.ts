// How many cases a property is tried with: enough to notice a fault of the kind in the tests, many more in the proof.

/** How many times more, in `npm run proof:short`. */
const FACTOR = Number(process.env.PROPERTY_FACTOR ?? 1);

/** @param inTests as many as the tests can afford */
export function propertyRuns(inTests: number): number {
  return inTests * FACTOR;
}
