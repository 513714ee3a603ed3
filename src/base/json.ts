// Reads and writes JSON that others sent: neither ever throws for what they wrote.

/** The value of a JSON text; `undefined` for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * JSON text of a value that came from a parsed body, or `undefined` where it is nested too deep: parsing needs no stack, writing does. Catching that costs
 * nothing on the way, unlike measuring the depth of every event.
 */
export function toJsonText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
