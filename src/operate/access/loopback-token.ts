// The token that the process makes for this machine, where the operator gave none.

import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeParents, replacePrivateFile } from '../../base/private-files.js';
import { Secret } from '../../base/secret.js';

/** Name of the file that holds the token, beside the outbox. */
export const ADMIN_TOKEN_FILE = 'admin-token';

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
 * The token of a file that only its owner can read. It is made where there is none, and kept where there is one: another process at the same place, which a mistaken
 * start makes, would else take the commands away from the one that serves.
 *
 * @param directory made when it is missing
 * @throws the system's error when the file cannot be written
 */
export async function keepLoopbackToken(directory: string): Promise<Secret> {
  await makeParents(directory);
  const file = join(directory, ADMIN_TOKEN_FILE);
  const kept = await readKept(file);
  if (kept !== undefined) return new Secret(kept);
  const made = randomBytes(24).toString('base64url');
  await replacePrivateFile(file, made);
  return new Secret(made);
}
