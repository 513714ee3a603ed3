// Replaces a settings file in one step: a crash leaves the old text or the new one, never a part of either.

import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PRIVATE_FILE } from '../../base/private-files.js';
import { codeOf } from '../../base/system-error.js';
import { readFileText, versionOf } from './settings-files.js';

/** What came of it. */
export type Replaced =
  | { readonly kind: 'replaced' }
  /** Somebody else has changed it. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly code: string };

/** A new file: others may read it as far as the umask lets them. */
const NEW_FILE = 0o666;

/** Hidden, so that it is never read as settings; the name says whose it is. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.statsig-cdp-${randomUUID()}.tmp`);
}

/** Milliseconds after which a draft is one that a crash has left. */
const LEFT_AFTER_MS = 60_000;

/** Drafts of this file that a crash has left. They hold what the file holds. */
async function removeLeftDrafts(path: string): Promise<void> {
  const start = `.${basename(path)}.statsig-cdp-`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(start) || !name.endsWith('.tmp')) continue;
    const draft = join(dirname(path), name);
    const found = await stat(draft).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > LEFT_AFTER_MS) await rm(draft, { force: true });
  }
}

/** Not every file system can. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * Replaces a file as long as it holds what the caller has read, with the owner and the mode that it had.
 *
 * @param path no link
 * @param version of the text that it replaces
 */
export async function replaceSettingsFile(path: string, text: string, version: string): Promise<Replaced> {
  const draft = draftOf(path);
  try {
    await removeLeftDrafts(path);
    const before = await stat(path).catch(() => undefined);
    const handle = await open(draft, 'wx', before === undefined ? NEW_FILE : PRIVATE_FILE);
    try {
      await handle.writeFile(text);
      if (before !== undefined) {
        const now = await handle.stat();
        if (now.uid !== before.uid || now.gid !== before.gid) await handle.chown(before.uid, before.gid);
        await handle.chmod(before.mode & 0o7777);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    // As late as can be: what somebody writes from here on is lost only within a moment.
    const current = await readFileText(path, Number.POSITIVE_INFINITY);
    const isSame =
      current === undefined
        ? version === versionOf(undefined)
        : 'text' in current && versionOf(current.text) === version;
    if (!isSame) {
      await rm(draft, { force: true });
      return { kind: 'changed' };
    }
    await rename(draft, path);
    await syncDirectory(dirname(path));
    return { kind: 'replaced' };
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    return { kind: 'failed', code: codeOf(error) };
  }
}
