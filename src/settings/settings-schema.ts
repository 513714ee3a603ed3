// Looks up what the manifest says of a setting at any depth.

import type { ValueSchema } from './manifest/model.js';
import { manifest } from './manifest.js';
import type { SettingsPath } from './settings-path.js';

/** A value in settings with the schema that describes it. */
export interface DescribedValue {
  readonly at: SettingsPath;
  readonly schema: ValueSchema;
  readonly value: unknown;
}

/** The schema of the setting at a path, or undefined where there is none. Every index of a list has the same. */
export function schemaAt(at: SettingsPath): ValueSchema | undefined {
  let schema: ValueSchema | undefined = manifest.settings;
  for (const step of at) {
    schema = typeof step === 'number' ? schema?.items : schema?.properties?.[step];
  }
  return schema;
}

/** The defaults of the object at a path, by name: `{host: 'https://api.segment.io', path: '/v1/batch'}`. Without those of what is in its parts. */
export function defaultsAt(at: SettingsPath): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schemaAt(at)?.properties ?? {}).flatMap(([name, schema]) =>
      schema.default === undefined ? [] : [[name, schema.default]],
    ),
  );
}

/** Every value in settings that the manifest describes, the settings themselves first. Whatever is not as described is left out. */
export function* describedValues(
  value: unknown,
  schema: ValueSchema = manifest.settings,
  at: SettingsPath = [],
): Generator<DescribedValue> {
  yield { at, schema, value };
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [index, item] of value.entries()) yield* describedValues(item, schema.items, [...at, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(schema.properties ?? {})) {
      if (Object.hasOwn(value, name)) yield* describedValues(Reflect.get(value, name), part, [...at, name]);
    }
  }
}
