// Checks of the manifest that are too slow for every start: the drift check and the tests run them.

import type { Ajv } from 'ajv';
import { createAjv } from './ajv.js';
import type { ManifestFault } from './check.js';
import type { Manifest } from './model.js';

/**
 * Every fault of a manifest that `checkManifest` has accepted: settings that are no valid JSON Schema (draft-07), defaults that
 * their own schema refuses, defaults of environment variables that are not of the variable's type.
 */
export function costlyManifestFaults(manifest: Manifest): ManifestFault[] {
  const ajv = createAjv({ meta: true, validateSchema: true });
  return [
    ...Object.entries(manifest.settings.properties).flatMap(([name, setting]) => {
      const path = `settings.properties.${name}`;
      const refused = refusal(ajv, setting, setting.default);
      return refused === undefined ? [] : [{ path, ...refused }];
    }),
    ...manifest.environment.flatMap(({ type, default: value }, index) => {
      const refused = refusal(ajv, { type }, value);
      return refused === undefined ? [] : [{ path: `environment.${index}`, ...refused }];
    }),
  ];
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
    const problem = `The schema is not valid (${error instanceof Error ? error.message : String(error)}).`;
    return { problem, fix: 'Use keywords of JSON Schema draft-07, or secret, documentOnly and ui.' };
  }
}
