// Reads one workspace's settings from a value: what is wrong with them, their secrets, and what may not be meant.

import { isJsonObject } from '../model/segment-event.js';
import { type DocumentSecret, resolveSecrets } from './document-secrets.js';
import { findMistakes } from './mistakes/find-mistakes.js';
import type { Mistake } from './mistakes/mistake.js';
import type { ReadSecret } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import { type LocatedFault, locateSettingsFaults } from './validate-settings.js';

/** What a value holds. */
export interface SettingsReading {
  /** What breaks the manifest's schema and the rules beyond it. Where there are any, `settings` is not what its type says. */
  readonly invalid: readonly LocatedFault[];
  readonly settings: WorkspaceSettings;
  readonly secrets: readonly DocumentSecret[];
  readonly mistakes: readonly Mistake[];
}

/** Faults of one document that are told: what comes first is to be corrected first. */
const MAX_FAULTS = 500;

/** @param directory what a relative `file:PATH` starts from */
export function readSettingsValue(value: unknown, directory: string, readSecret: ReadSecret): SettingsReading {
  const invalid = locateSettingsFaults(value, MAX_FAULTS);
  const settings = value as WorkspaceSettings;
  const secrets = resolveSecrets(settings, directory, readSecret);
  return { invalid, settings, secrets, mistakes: isJsonObject(value) ? findMistakes(value, secrets) : [] };
}
