// Checks of the manifest that are too slow for every start: the drift check and the tests run them, and a start with other settings than the bundle was made with.

import type { Ajv } from 'ajv';
import { messageOf } from '../../base/system-error.js';
import { createAjv } from './ajv.js';
import type { ManifestFault } from './manifest-error.js';
import type { Manifest, SettingSchema, ValueSchema } from './model.js';
import { schemaParts } from './schema-parts.js';

/**
 * Every fault of a manifest that `checkManifest` has accepted: settings that are no valid JSON Schema (draft-07), defaults that
 * their own schema refuses, bounds between which there is nothing.
 */
export function costlyManifestFaults(manifest: Manifest): ManifestFault[] {
  const ajv = createAjv({ meta: true, validateSchema: true });
  return Object.entries(manifest.settings.properties).flatMap(([name, setting]) =>
    settingFaults(ajv, setting, `settings.properties.${name}`),
  );
}

/** A setting whose schema is broken has that fault alone, at the innermost part that is; else each part of it may have a default that is refused. */
function settingFaults(ajv: Ajv, setting: SettingSchema, path: string): ManifestFault[] {
  const parts = [...schemaParts(setting, path)];
  const broken = refusal(ajv, setting, undefined);
  if (broken !== undefined) {
    // What is within a part comes behind it. What ajv has refused once it does not refuse again.
    for (const [at, part] of parts.slice(1).toReversed()) {
      const inner = refusal(ajv, part, undefined);
      if (inner !== undefined) return [{ path: at, ...inner }];
    }
    return [{ path, ...broken }];
  }
  return parts.flatMap(([at, part]) => {
    const refused = emptyRange(part) ?? refusal(ajv, part, part.default);
    return refused === undefined ? [] : [{ path: at, ...refused }];
  });
}

const BOUNDS = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
] as const;

function emptyRange(schema: ValueSchema): Omit<ManifestFault, 'path'> | undefined {
  const crossed = BOUNDS.find(([least, most]) => Number(schema[least]) > Number(schema[most]));
  if (crossed === undefined) return undefined;
  return { problem: `No value is possible: ${crossed.join(' is above ')}.`, fix: 'Correct one of the two.' };
}

function refusal(ajv: Ajv, schema: object, value: unknown): Omit<ManifestFault, 'path'> | undefined {
  try {
    if (value === undefined) {
      ajv.compile(schema);
      return undefined;
    }
    return ajv.validate(schema, value)
      ? undefined
      : {
          problem: `The default is refused by its own schema (${ajv.errorsText()}).`,
          fix: 'Correct the default or the schema.',
        };
  } catch (error) {
    const problem = `The schema is not valid (${messageOf(error)}).`;
    return {
      problem,
      fix: 'Use keywords of JSON Schema draft-07, or secret, documentOnly, direction, requiredInConfig and ui.',
    };
  }
}
