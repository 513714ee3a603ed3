// Measures the files of a directory.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bytes of the files in a directory and below, but for some at the top. LevelDB removes files meanwhile: these do not count.
 *
 * @param without names
 */
export async function bytesOfFiles(directory: string, without: ReadonlySet<string>): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile() || (entry.parentPath === directory && without.has(entry.name))) continue;
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
