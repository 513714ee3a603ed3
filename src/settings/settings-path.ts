// Paths from the top of settings to a value in them.

import { withoutKeys } from './secret-reference.js';

/** Names and indexes from the top of the settings to a value: `['identifierMappings', 0, 'to']`. */
export type SettingsPath = readonly (string | number)[];

/** Where the space behind `writeKey:` is forgotten, the key stands in the place of a name. No setting's name is as long and has a digit. */
export function looksLikeKey(name: string): boolean {
  return name.length >= 16 && /\d/.test(name);
}

function shownName(name: string): string {
  return looksLikeKey(name) ? '[redacted]' : name;
}

/** A path as people write it: `identifierMappings[0].to`. */
export function formatPath(at: SettingsPath): string {
  const text = at.map((step) => (typeof step === 'number' ? `[${step}]` : `.${shownName(step)}`)).join('');
  return withoutKeys(text.startsWith('.') ? text.slice(1) : text);
}

/** JSON Pointer (RFC 6901) to a path; a step into a list becomes a number. */
export function parsePointer(pointer: string, value: unknown): SettingsPath {
  let current = value;
  return pointer
    .split('/')
    .slice(1)
    .map((escaped) => {
      const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(current) ? Number(name) : name;
      current = valueAt(current, [step]);
      return step;
    });
}

/** What is at a path, or undefined. */
export function valueAt(value: unknown, at: SettingsPath): unknown {
  let current = value;
  for (const step of at) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = Reflect.get(current, step);
  }
  return current;
}
