// What the JSON of this version of Node can write: from Node 26 on nesting has no end.

/** Whether a value can be written, however deep it is nested. */
export function canBeWritten(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** Options of a test that needs what cannot be written. */
export const WHERE_NESTING_ENDS = {
  skip:
    canBeWritten(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)) &&
    'this version of Node writes any nesting',
};
