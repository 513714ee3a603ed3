// Says what breaks the manifest's schema of settings.

import type { ValidateFunction } from 'ajv';
import { manifest } from '../manifest.js';
import { createAjv } from './ajv.js';

let check: ValidateFunction | undefined;

/**
 * Compiled at the first call; in the bundle it is the code that ajv wrote when the bundle was made, as compiling takes a third of a start with settings. Where the manifest was changed since, it is
 * compiled there, too.
 */
export function settingsCheck(): ValidateFunction {
  check ??= createAjv({ allErrors: true }).compile(manifest.settings);
  return check;
}
