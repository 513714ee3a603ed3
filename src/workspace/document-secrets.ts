// Resolves the secrets of a settings document: its key and the lists of what senders prove themselves with.

import { manifest } from '../manifest.js';
import type { Secret } from './secret.js';
import { type ReadSecret, resolveSecretKey } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import { type SettingsPath, valueAt } from './settings-path.js';

/** One secret of a document. */
export interface DocumentSecret {
  readonly at: SettingsPath;
  readonly secret?: Secret;
  /** Why there is none. Names the reference, never the secret. */
  readonly problem?: string;
  /** Absolute path of the file that holds it, readable or not. */
  readonly file?: string;
}

/** Where the manifest says that a secret, or a list of secrets, stands. */
const PLACES: readonly SettingsPath[] = Object.entries(manifest.settings.properties).flatMap(([name, setting]) => {
  const parts = Object.entries(setting.properties ?? {}).filter(([, part]) => part.items?.secret);
  return [...(setting.secret ? [[name]] : []), ...parts.map(([part]) => [name, part])];
});

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
  const texts = PLACES.flatMap((place) => {
    const value = valueAt(settings, place);
    return Array.isArray(value)
      ? value.map((text, index) => ({ at: [...place, index], text }))
      : [{ at: place, text: value }];
  });
  return texts.flatMap(({ at, text }) =>
    typeof text === 'string' ? [{ at, ...resolveSecretKey(text, directory, read) }] : [],
  );
}

/** The resolved secrets of one place, in order. */
export function secretsAt(secrets: readonly DocumentSecret[], ...place: readonly string[]): readonly Secret[] {
  return secrets.flatMap(({ at, secret }) =>
    secret !== undefined && place.every((step, index) => at[index] === step) ? [secret] : [],
  );
}
