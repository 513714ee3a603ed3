// Says whether environment variables are as the manifest declares them.

import type { ValidateFunction } from 'ajv';
import { createAjv } from './ajv.js';
import { environmentSchema } from './environment-schema.js';
import type { EnvironmentVariable } from './model.js';

/**
 * Compiled here; in the bundle it is the code that ajv wrote of all that the manifest declares.
 *
 * @param set those that are set: the drift check has seen the defaults of the others
 */
export function environmentCheck(set: readonly EnvironmentVariable[]): ValidateFunction {
  return createAjv().compile(environmentSchema(set));
}
