// Walks through a schema and the schemas in it.

import type { ValueSchema } from './model.js';

/** The schema at `path` and every schema within it, each with its path in manifest.json: `settings.properties.outbound.properties.targets.items`. */
export function* schemaParts(schema: ValueSchema, path: string): Generator<readonly [string, ValueSchema]> {
  yield [path, schema];
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    yield* schemaParts(part, `${path}.properties.${name}`);
  }
  if (schema.items !== undefined) yield* schemaParts(schema.items, `${path}.items`);
}
