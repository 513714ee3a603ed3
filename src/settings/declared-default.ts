// Looks up what the manifest says that a setting of the process is where its environment says nothing.

import { ManifestError } from './manifest/manifest-error.js';
import { manifest } from './manifest.js';

/** The default of an environment variable that is a number. @throws ManifestError where the manifest declares none */
export function integerDefault(name: string): number {
  const found = manifest.environment.find((variable) => variable.name === name)?.default;
  if (typeof found === 'number') return found;
  throw new ManifestError({
    path: 'environment',
    problem: `${name} has no number as its default.`,
    fix: 'Declare one.',
  });
}
