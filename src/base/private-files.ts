// Keeps what this process writes from other users of the machine: it holds people's events and ids, and a token.

import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that only this user may read and write. */
export const PRIVATE_FILE = 0o600;

const SHARED_FILE = 0o666;

/** Directories that only this user may enter. */
const PRIVATE_DIRECTORY = 0o700;

/** The rights of all but this user. */
const OTHERS = 0o077;

/** A database makes its files by itself, with whatever mode it likes; this holds for all of them, from now on. */
export function writePrivateFilesOnly(): void {
  process.umask(OTHERS);
}

/**
 * Takes the rights of others away. This user's own stay as they are: who made a directory unwritable means it. A volume may belong to another user, or know
 * no modes: then its own settings decide who reads it.
 */
export async function closeToOthers(path: string): Promise<void> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode !== undefined && (mode & OTHERS) !== 0) await chmod(path, mode & 0o700).catch(() => {});
}

/** What an earlier version left readable. Links are left alone: what they lead to is not ours. */
async function closeContents(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isFile() || entry.isDirectory()) await closeToOthers(path);
    if (entry.isDirectory()) await closeContents(path);
  }
}

/**
 * Makes a directory of this process's own, with its parents, or takes the rights of others from one that is there and from all it holds. Parents that
 * are there stay as they are: others may use them.
 *
 * @throws the system's error when it cannot be made
 */
export async function makePrivateDirectory(directory: string): Promise<void> {
  const options = { mode: PRIVATE_DIRECTORY };
  // Asked to make parents too, Node says of a file system that only reads that the path does not exist.
  await mkdir(directory, { ...options, recursive: true }).catch(() => mkdir(directory, options));
  await closeToOthers(directory);
  await closeContents(directory);
}

/**
 * Makes the parents of a file; those that are there stay as they are.
 *
 * @throws the system's error when they cannot be made
 */
export async function makeParents(directory: string): Promise<void> {
  await mkdir(directory, { mode: PRIVATE_DIRECTORY, recursive: true });
}

/**
 * Replaces a file in one step, so that a crash leaves the old text or the new one, synced.
 *
 * @throws the system's error; then the old one is there
 */
export function replacePrivateFile(file: string, text: string): Promise<void> {
  return replaceFile(file, text, PRIVATE_FILE);
}

/** The same for a file that others may read as far as the umask lets them. @throws the system's error; then the old one is there */
export function replaceSharedFile(file: string, text: string): Promise<void> {
  return replaceFile(file, text, SHARED_FILE);
}

async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { flush: true, mode });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}
