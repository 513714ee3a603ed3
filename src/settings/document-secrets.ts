// Resolves the secrets of a settings document, wherever the manifest says that one stands.

import type { Secret } from '../base/secret.js';
import { type ReadSecret, resolveSecretKey } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import type { SettingsPath } from './settings-path.js';
import { describedValues } from './settings-schema.js';

/** One secret of a document. */
export interface DocumentSecret {
  readonly at: SettingsPath;
  readonly secret?: Secret;
  /** Why there is none. Names the reference, never the secret. */
  readonly problem?: string;
  /** Absolute path of the file that holds it, readable or not. */
  readonly file?: string;
}

/**
 * Every secret of valid settings, resolved.
 *
 * @param directory what a relative `file:PATH` starts from
 */
export function resolveSecrets(
  settings: WorkspaceSettings,
  directory: string,
  read: ReadSecret,
): readonly DocumentSecret[] {
  return [...describedValues(settings)].flatMap(({ at, schema, value }) =>
    schema.secret && typeof value === 'string' ? [{ at, ...resolveSecretKey(value, directory, read) }] : [],
  );
}

/** The resolved secrets of one place, in order. */
export function secretsAt(secrets: readonly DocumentSecret[], ...place: SettingsPath): readonly Secret[] {
  return secrets.flatMap(({ at, secret }) =>
    secret !== undefined && place.every((step, index) => at[index] === step) ? [secret] : [],
  );
}
