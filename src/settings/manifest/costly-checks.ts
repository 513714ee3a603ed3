// Checks of the manifest that are too slow for every start: the drift check and the tests run them.

import type { Ajv } from 'ajv';
import { messageOf } from '../../base/system-error.js';
import { createAjv } from './ajv.js';
import type { ManifestFault } from './manifest-error.js';
import type { Manifest, SettingSchema } from './model.js';
import { schemaParts } from './schema-parts.js';

/**
 * Every fault of a manifest that `checkManifest` has accepted: settings that are no valid JSON Schema (draft-07), defaults that
 * their own schema refuses.
 */
export function costlyManifestFaults(manifest: Manifest): ManifestFault[] {
  const ajv = createAjv({ meta: true, validateSchema: true });
  return Object.entries(manifest.settings.properties).flatMap(([name, setting]) =>
    settingFaults(ajv, setting, `settings.properties.${name}`),
  );
}

/** A setting whose schema is broken has that fault alone; else each part of it may have a default that is refused. */
function settingFaults(ajv: Ajv, setting: SettingSchema, path: string): ManifestFault[] {
  const broken = refusal(ajv, setting, undefined);
  if (broken !== undefined) return [{ path, ...broken }];
  return [...schemaParts(setting, path)].flatMap(([at, part]) => {
    const refused = refusal(ajv, part, part.default);
    return refused === undefined ? [] : [{ path: at, ...refused }];
  });
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
