// The keys in a control plane's export, so that nothing of it is shown.

import { parseJson } from '../../base/json.js';

/** Shorter strings are words of any text. */
const LEAST = 8;

/** What a field is called that holds one. */
const KEY_FIELD = /key|secret|token|password|credential/i;

function* strings(value: unknown, isKey: boolean): Generator<string> {
  if (typeof value === 'string') {
    if (isKey && value.length >= LEAST) yield value;
  } else if (Array.isArray(value)) {
    for (const each of value) yield* strings(each, isKey);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) yield* strings(part, KEY_FIELD.test(name));
  }
}

/** @param text of the export; one that is no JSON has none that could be told */
export function keysIn(text: string): readonly string[] {
  return [...new Set(strings(parseJson(text), false))];
}
