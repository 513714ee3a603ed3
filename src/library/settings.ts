// Loads the settings documents of an app that is part of a program of somebody else's.

import type { Logger } from '../base/logger.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import { parseDocuments } from '../settings/document.js';
import { mergeDocuments } from '../settings/document-set.js';
import type { Environment } from '../settings/environment.js';
import type { ProcessSettings } from '../settings/process.js';
import { createSecretReader } from '../settings/secret-reference.js';
import { SettingsError } from '../settings/settings-error.js';
import { createWorkspaceStore, NO_SETTINGS, staticStore, type WorkspaceStore } from '../settings/store.js';
import { createWarner } from '../settings/warner.js';

/** Names documents that are given as values, in faults. */
const SOURCE = 'settings';

/** Where settings are. */
export interface SettingsPlace {
  /** Documents; or a file, a directory or a URL. `undefined`: what the variables say. */
  readonly given: string | readonly object[] | undefined;
  readonly process: ProcessSettings;
  /** For references such as `env:NAME`. */
  readonly environment: Environment;
  readonly log: Logger;
}

/** @throws SettingsError */
async function storeOf(documents: readonly object[], environment: Environment, log: Logger): Promise<WorkspaceStore> {
  const readSecret = createSecretReader(environment);
  const parsed = parseDocuments(JSON.stringify({ workspaces: documents }), SOURCE, {
    readSecret,
    defaultId: 'default',
  });
  const { documents: found, faults, warnings } = await mergeDocuments([parsed]);
  if (faults.length > 0) throw new SettingsError(faults);
  createWarner(SOURCE, log).warn(warnings);
  return staticStore(found);
}

/** @throws SettingsError for settings that have faults, or are not there */
export async function openSettings({ given, process, environment, log }: SettingsPlace): Promise<WorkspaceStore> {
  if (given !== undefined && typeof given !== 'string') return storeOf(given, environment, log);
  const { settingsLocation, settingsLocationExplicit, settingsPollMs, settingsToken, dataDir } = process;
  if (given === undefined && !settingsLocationExplicit) {
    log.warn({}, NO_SETTINGS);
    return staticStore([DEFAULT_DOCUMENT]);
  }
  return createWorkspaceStore({
    location: given ?? settingsLocation,
    explicit: true,
    pollMs: settingsPollMs,
    ...(settingsToken !== undefined && { token: settingsToken }),
    ...(dataDir !== undefined && { dataDir }),
    readSecret: createSecretReader(environment),
    log,
  });
}
