// Reads the settings documents that a command is given. Where nothing is sent, no one needs the secrets to try their settings.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../base/system-error.js';
import { parseDocuments } from '../settings/document.js';
import { mergeDocuments } from '../settings/document-set.js';
import { notNeeded, type ReadSecret } from '../settings/secret-reference.js';
import { describeFault, SettingsError } from '../settings/settings-error.js';
import { listNames } from '../settings/sources/file-reader.js';
import { staticStore, type WorkspaceStore } from '../settings/store.js';

async function filesOf(location: string): Promise<readonly string[]> {
  try {
    if (!statSync(location).isDirectory()) return [location];
    const paths = (await listNames(location)).map((name) => join(location, name));
    return paths.filter((path) => !statSync(path).isDirectory());
  } catch (error) {
    throw SettingsError.ofSource(location, `cannot be read (${codeOf(error)})`);
  }
}

/**
 * The documents of files and settings directories, as they would be in force together.
 *
 * @param warn called with each thing that may not be meant, as a sentence
 * @param readSecret default: no secret is looked up
 * @throws SettingsError
 */
export async function readSettings(
  locations: readonly string[],
  warn: (warning: string) => void,
  readSecret: ReadSecret = notNeeded,
): Promise<WorkspaceStore> {
  const files = (await Promise.all(locations.map(filesOf))).flat();
  const parsed = files.map((file) => parseDocuments(readFileSync(file, 'utf8'), file, { readSecret }));
  const { documents, faults, warnings } = await mergeDocuments(parsed);
  for (const warning of warnings) warn(describeFault(warning));
  if (faults.length > 0) throw new SettingsError(faults);
  if (documents.length === 0) throw SettingsError.ofSource(locations.join(', '), 'holds no settings documents');
  return staticStore(documents);
}
