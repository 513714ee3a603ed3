// Writes the manifest's schema of settings in few bytes.

import type { Manifest, ValueSchema } from '../../src/settings/manifest/model.js';

/** What settings are checked and filled in by. */
const KEPT: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'minItems', 'items', 'properties', 'required', 'default', 'secret'],
]);

/** Types that the other keywords tell, or their absence. */
const IMPLIED: ReadonlySet<string> = new Set(['string', 'array', 'object']);

/** Shorter ones are not worth a name. */
const MIN_NAMED = 20;

/** A JavaScript module that exports `manifest`, as far as conversion needs it. What stands in the schema twice is written once. */
export function compactManifest({ directions, eventTypes, relayedEventTypes, settings }: Manifest): string {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  const lines: string[] = [];

  const bodyOf = (schema: ValueSchema, write: (part: ValueSchema) => string): string => {
    const entries = Object.entries(schema).flatMap(([keyword, value]) => {
      if (!KEPT.has(keyword) || (keyword === 'type' && IMPLIED.has(schema.type))) return [];
      if (keyword === 'items' && schema.items !== undefined) return [`items:${write(schema.items)}`];
      if (keyword !== 'properties') return [`${keyword}:${JSON.stringify(value)}`];
      const properties = Object.entries(schema.properties ?? {}).map(([name, part]) => `${name}:${write(part)}`);
      return [`properties:{${properties.join()}}`];
    });
    return `{${entries.join()}}`;
  };
  const plain = (schema: ValueSchema): string => {
    const text = bodyOf(schema, plain);
    counts.set(text, (counts.get(text) ?? 0) + 1);
    return text;
  };
  const named = (schema: ValueSchema): string => {
    const key = bodyOf(schema, plainText);
    if ((counts.get(key) ?? 0) < 2 || key.length < MIN_NAMED) return bodyOf(schema, named);
    const known = names.get(key);
    if (known !== undefined) return known;
    const text = bodyOf(schema, named);
    const name = `s${names.size}`;
    names.set(key, name);
    lines.push(`const ${name}=${text};`);
    return name;
  };
  const plainText = (schema: ValueSchema): string => bodyOf(schema, plainText);
  plain(settings);
  const schema = named(settings);
  const rest = JSON.stringify({ directions, eventTypes, relayedEventTypes, protocols: {} });
  return `${lines.join('\n')}\nexport const manifest={settings:${schema},${rest.slice(1)};`;
}
