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
