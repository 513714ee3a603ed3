// Puts values in the place of placeholders.

import type { Json } from './fixture.js';
import type { FixtureValues } from './values.js';

/** A placeholder. Other things in two braces, as templates of RudderStack's Config, stand for themselves. */
export const PLACEHOLDER = /\{\{((?:basic:|base64:)?[a-zA-Z]+(?::[\w-]{1,20})?(?:[+-]\d+)?)\}\}/g;

/** What `{"{{repeat}}": …}` says in a list. */
interface Repeat {
  readonly times: number;
  readonly from?: number;
  readonly value: Json;
}

/** A JSON object. */
export type JsonFields = { readonly [field: string]: Json };

/** True for a JSON object. */
export function isFields(value: Json | undefined): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an object with one field of this name, as `{"{{base64}}": …}`. */
export function onlyField(value: Json, name: string): Json | undefined {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A text with what its placeholders stand for. Those that the values do not know stay. */
export function fillText(text: string, values: Pick<FixtureValues, 'resolve'>): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => String(values.resolve(name) ?? whole));
}

/** @returns a number where the whole text is the placeholder of one */
function fillString(text: string, values: Pick<FixtureValues, 'resolve'>): Json {
  const [whole, name = ''] = /^\{\{([^{}]+)\}\}$/.exec(text) ?? [];
  const value = whole === undefined ? undefined : values.resolve(name);
  return typeof value === 'number' ? value : fillText(text, values);
}

function repeated({ times, from = 1, value }: Repeat, values: Pick<FixtureValues, 'resolve'>): Json[] {
  return Array.from({ length: times }, (_, index) =>
    fillJson(value, { resolve: (name) => (name === 'n' ? String(from + index) : values.resolve(name)) }),
  );
}

/** JSON with what its placeholders stand for. */
export function fillJson(value: Json, values: Pick<FixtureValues, 'resolve'>): Json {
  if (typeof value === 'string') return fillString(value, values);
  if (Array.isArray(value)) {
    return value.flatMap((each: Json) => {
      const repeat = onlyField(each, '{{repeat}}');
      // The schema of fixtures checks its fields.
      return repeat === undefined ? [fillJson(each, values)] : repeated(repeat as unknown as Repeat, values);
    });
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [fillText(name, values), fillJson(inner, values)]),
  );
}
