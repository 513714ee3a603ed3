// Gets the export: from a file, or from a control plane as rudder-server asks it.

import { readFile } from 'node:fs/promises';
import { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import { hostOf } from '../../call/http-request.js';
import { ConnectError } from '../connection.js';
import { callPatiently, wholeAnswer } from '../patient-call.js';
import type { ExportPlace } from './options.js';
import { type Inventory, readWorkspaceConfig } from './workspace-config.js';

/** Bytes of an export: some ten thousand destinations with all that their forms hold. */
const MAX_BYTES = 256 * 1024 * 1024;

async function readExportFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConnectError('settings', `${file} cannot be read (${codeOf(error)}).`);
  }
}

type ControlPlane = Extract<ExportPlace, { kind: 'control-plane' }>;

function addressOf({ url, namespace }: ControlPlane): string {
  return namespace === undefined
    ? `${url}/workspaceConfig?fetchAll=true`
    : `${url}/data-plane/v1/namespaces/${encodeURIComponent(namespace)}/config`;
}

async function askControlPlane(place: ControlPlane, signal: AbortSignal | undefined): Promise<string> {
  const url = addressOf(place);
  const authorization = new Secret(`Basic ${Buffer.from(`${place.token.reveal()}:`).toString('base64')}`);
  const patience = { maxResponseBytes: MAX_BYTES, ...(signal !== undefined && { signal }) };
  const { status, body } = wholeAnswer(
    await callPatiently({ method: 'GET', url, headers: { authorization } }, patience),
    url,
  );
  if (status === 200) return body;
  const where = hostOf(url);
  if (status === 401 || status === 403)
    throw new ConnectError(
      'token-refused',
      `${where} does not take the token (${status}): it should be rudder-server's ${place.namespace === undefined ? 'WORKSPACE_TOKEN' : 'HOSTED_SERVICE_SECRET'}.`,
    );
  throw new ConnectError(
    status === 404 ? 'not-found' : 'answer-unclear',
    `${where} answers ${status}: is it the control plane that rudder-server has as CONFIG_BACKEND_URL? A rudder-server itself tells its configuration to no one.`,
  );
}

/** @throws ConnectError */
export async function fetchExport(place: ExportPlace, signal: AbortSignal | undefined): Promise<Inventory> {
  if (place.kind === 'text') return readWorkspaceConfig(place.text.reveal(), 'The export');
  if (place.kind === 'file') return readWorkspaceConfig(await readExportFile(place.file), place.file);
  return readWorkspaceConfig(await askControlPlane(place, signal), `The answer of ${hostOf(place.url)}`);
}
