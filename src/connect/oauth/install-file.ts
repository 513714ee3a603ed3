// Remembers the install of an app beside the settings: Segment lets an app be allowed once in a workspace, and says its name then and never again. No token is in it.

import { join } from 'node:path';
import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import { readSecretFile, writeSecretFile } from '../secret-files.js';
import { type Allowed, readAllowed } from './grant.js';

/** Where it stands. @param directory of the secrets */
export function installFile(directory: string, workspace: string): string {
  return join(directory, `${workspace}-segment-oauth-install`);
}

/** @returns undefined where there is none @throws ConnectError where it cannot be read */
export async function readInstall(file: string): Promise<Allowed | undefined> {
  const text = (await readSecretFile(file))?.reveal();
  if (text === undefined) return undefined;
  const value = parseJson(text);
  try {
    return readAllowed(isJsonObject(value) ? value : undefined);
  } catch {
    throw new ConnectError(
      'settings',
      `${file} is not what connecting has written: remove it, and name the install with --install.`,
    );
  }
}

/** @throws ConnectError where it cannot be written */
export async function writeInstall(file: string, { install, workspaces, sources }: Allowed): Promise<void> {
  const value = { install_name: install, workspace_names: workspaces, source_names: sources };
  await writeSecretFile(file, new Secret(JSON.stringify(value)));
}
