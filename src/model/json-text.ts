// Writes a value that came from a parsed body back as JSON.

/**
 * JSON text of a value, or `undefined` where it is nested too deep: parsing needs no stack, writing does. Catching that costs nothing on the way,
 * unlike measuring the depth of every event.
 */
export function toJsonText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
