// The check of settings where a copy of the package has others than the bundle was made with.

import type { ValidateFunction } from 'ajv';
import { createAjv } from './ajv.js';
import { costlyManifestFaults } from './costly-checks.js';
import { ManifestError } from './manifest-error.js';
import type { Manifest } from './model.js';

/**
 * Compiles the schema of settings. That takes its time, and so the checks that are too slow for every start are made, too: the drift check did not see this manifest.
 *
 * @throws ManifestError for the first fault
 */
export function compileEdited(manifest: Manifest): ValidateFunction {
  for (const fault of costlyManifestFaults(manifest)) throw new ManifestError(fault);
  return createAjv({ allErrors: true }).compile(manifest.settings);
}
