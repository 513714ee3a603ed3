// Narrows a field that a sender wrote to the string Statsig takes.

/** True for a number JSON can carry. Parsed JSON can hold infinity (`1e999`), which would be written back as null. */
export function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A non-empty string, or a number as a string; `undefined` for anything else. Statsig's ids and user fields are texts. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return isFiniteNumber(value) ? String(value) : undefined;
}

const SPACE = 0x20;
const DELETE = 0x7f;

/** True for a string without a visible character. */
export function isBlankText(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const first = value.charCodeAt(0);
  // Of nearly all strings the first character shows it, a fifth of the time that the expression takes.
  return !(first > SPACE && first < DELETE) && !/\S/.test(value);
}

/** A string with at least one visible character; `undefined` for anything else. */
export function toNonBlankText(value: unknown): string | undefined {
  return typeof value === 'string' && !isBlankText(value) ? value : undefined;
}

/**
 * False for `__proto__`. Assigning it to a plain object changes the object's prototype instead of adding a key, so every object whose keys come from
 * an event leaves it out.
 */
export function isSafeKey(key: string): boolean {
  return key !== '__proto__';
}
