// Reads and writes JSON that others sent: neither ever throws for what they wrote.

import { holdsLongNumbers, mayHoldLongNumber, parseLongNumbers, writeLongNumbers } from './long-numbers.js';

/**
 * The value of a JSON text; `undefined` for text that is not JSON. A whole number of more digits than JavaScript holds is a string of them: it names somebody,
 * and rounded it names somebody else.
 *
 * @param hasLongRun false where `holdsLongRun` has found none in its bytes
 */
export function parseJson(text: string, hasLongRun = true): unknown {
  try {
    return hasLongRun && mayHoldLongNumber(text) ? parseLongNumbers(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * JSON text of a value that came from a parsed body, or `undefined` where it is nested too deep: parsing needs no stack, writing does. Catching that costs
 * nothing on the way, unlike measuring the depth of every event. Numbers of an object that is written as it came are what the sender wrote; in what is made
 * of its fields long ones are strings.
 */
export function toJsonText(value: object): string | undefined {
  try {
    return holdsLongNumbers(value) ? writeLongNumbers(value) : JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
