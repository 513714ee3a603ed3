// Decides who may use /api.

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PluginError } from '../base/errors.js';
import { closeToOthers, makeParents, PRIVATE_FILE } from '../base/private-files.js';
import { Secret } from '../base/secret.js';
import { fitsAny } from '../base/static-secret.js';

/** Name of the file that holds a token made at the start. */
export const ADMIN_TOKEN_FILE = 'admin-token';

/** Who may use /api. */
export interface AdminAccess {
  /** True for a request with the right token, and where the token was made here, from this machine. */
  isAllowed(request: IncomingMessage): boolean;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** @throws PluginError ADMIN_REFUSED for a request that may not use /api, and what `access` throws */
export async function assertAdmin(access: () => Promise<AdminAccess>, request: IncomingMessage): Promise<void> {
  if (!(await access()).isAllowed(request)) throw new PluginError('ADMIN_REFUSED');
}

/** Access with the operator's own token, from anywhere. */
export function accessByToken(token: Secret): AdminAccess {
  return { isAllowed: (request) => fitsAny([bearerOf(request)], [token]) };
}

/**
 * Access from this machine with a token made now and kept in a file only its owner can read.
 *
 * @param directory made when it is missing
 * @throws the system's error when the file cannot be written
 */
export async function accessFromThisMachine(directory: string): Promise<AdminAccess> {
  const token = new Secret(randomBytes(24).toString('base64url'));
  await makeParents(directory);
  const file = join(directory, ADMIN_TOKEN_FILE);
  // A mode holds for a file that is made, not for one that is there.
  await closeToOthers(file);
  await writeFile(file, token.reveal(), { mode: PRIVATE_FILE });
  return {
    isAllowed: (request) => LOOPBACK.has(request.socket.remoteAddress ?? '') && fitsAny([bearerOf(request)], [token]),
  };
}
