// Secrets that connecting makes or is told: each in a file of its own beside the settings, which name it.

import { randomBytes } from 'node:crypto';
import { chown, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { makeParents, replacePrivateFile } from '../base/private-files.js';
import { Secret } from '../base/secret.js';
import { codeOf } from '../base/system-error.js';
import { ConnectError } from './connection.js';

/** Bytes of a secret that is made here: 64 hex digits. */
const SECRET_BYTES = 32;

/** The directory of the secrets of settings. @param directory of the settings files */
export function secretsDirectory(directory: string): string {
  return join(directory, 'secrets');
}

/** How a document names a file: from its own directory where the file is below it, so that both can be moved together. */
export function referenceTo(file: string, documentFile: string): string {
  const from = dirname(resolve(documentFile));
  const way = relative(from, resolve(file));
  return `file:${way.startsWith(`..${sep}`) || way.startsWith(sep) ? resolve(file) : way.split(sep).join('/')}`;
}

/** Whether a setting names this file. */
export function namesFile(setting: unknown, file: string, documentFile: string): boolean {
  return (
    typeof setting === 'string' &&
    setting.startsWith('file:') &&
    resolve(dirname(resolve(documentFile)), setting.slice('file:'.length)) === resolve(file)
  );
}

function unusable(file: string, why: string): ConnectError {
  return new ConnectError('settings', `${file} ${why}.`);
}

/** What a file holds. @returns undefined where there is none @throws ConnectError where it cannot be read, or holds nothing */
export async function readSecretFile(file: string): Promise<Secret | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text === '') throw unusable(file, 'is empty: put the secret into it, or remove it');
    return new Secret(text);
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(file, `cannot be read (${codeOf(error)})`);
  }
}

/** What root makes must be readable to the user that serves, to whom the directory above belongs. */
async function giveToOwner(path: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
}

async function prepareDirectory(directory: string): Promise<void> {
  // Others' files may be in it, with rights that are theirs to choose.
  if ((await stat(directory).catch(() => undefined)) !== undefined) return;
  await makeParents(directory);
  await giveToOwner(directory);
}

/** Makes a secret, or takes the one that is there: an interrupted run goes on with its own. @throws ConnectError */
export async function makeSecretFile(file: string): Promise<Secret> {
  const there = await readSecretFile(file);
  if (there !== undefined) return there;
  const secret = new Secret(randomBytes(SECRET_BYTES).toString('hex'));
  await writeSecretFile(file, secret);
  return secret;
}

/** Writes a secret, in one step. @throws ConnectError */
export async function writeSecretFile(file: string, secret: Secret): Promise<void> {
  try {
    await prepareDirectory(dirname(file));
    await replacePrivateFile(file, `${secret.reveal()}\n`);
    await giveToOwner(file);
  } catch (error) {
    throw unusable(file, `cannot be written (${codeOf(error)})`);
  }
  // A crash of the machine must not leave the other side with a secret that is nowhere else.
  const directory = await open(dirname(file), 'r').catch(() => undefined);
  await directory?.sync().catch(() => {});
  await directory?.close();
}

/** Removes a file, and its directory once nothing else is in it. @throws ConnectError */
export async function removeSecretFile(file: string): Promise<void> {
  const directory = dirname(file);
  // With drafts that a crash has left.
  const drafts = (await readdir(directory).catch(() => [])).filter(
    (name) => name.startsWith(`${basename(file)}.`) && name.endsWith('.tmp'),
  );
  for (const path of [file, ...drafts.map((name) => join(directory, name))])
    await rm(path, { force: true }).catch((error) => {
      throw unusable(path, `cannot be removed (${codeOf(error)})`);
    });
  // Not empty: others' secrets are in it.
  await rmdir(directory).catch(() => {});
}
