// Decides who may use /api.

import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PluginError } from '../base/errors.js';
import { makeParents, replacePrivateFile } from '../base/private-files.js';
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

/** The form of a token that is made here. */
const TOKEN = /^[\w-]{32}$/;

/** The token of the file; `undefined` where there is none, or one that others could read until now. */
async function readKept(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    const text = await readFile(file, 'utf8');
    return (mode & 0o077) === 0 && TOKEN.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Access from this machine with the token of a file that only its owner can read. It is made where there is none, and kept where there is one: another
 * process at the same place, which a mistaken start makes, would else take the commands away from the one that serves.
 *
 * @param directory made when it is missing
 * @throws the system's error when the file cannot be written
 */
export async function accessFromThisMachine(directory: string): Promise<AdminAccess> {
  await makeParents(directory);
  const file = join(directory, ADMIN_TOKEN_FILE);
  const kept = await readKept(file);
  const token = new Secret(kept ?? randomBytes(24).toString('base64url'));
  if (kept === undefined) await replacePrivateFile(file, token.reveal());
  return {
    isAllowed: (request) => LOOPBACK.has(request.socket.remoteAddress ?? '') && fitsAny([bearerOf(request)], [token]),
  };
}
