// Tells of what lies in a settings directory and is not read although it looks like settings.

import { type Dirent, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DocumentFault } from '../settings-error.js';

/** True for the name of a file that is read. */
export function isSettingsName(name: string): boolean {
  return /^[^.].*\.(yaml|yml|json)$/i.test(name);
}

/** Settings under another name: `shop.yaml.txt`. */
const LOOKS_LIKE_SETTINGS = /^[^.#].*\.(?:ya?ml|json|toml)(?:\.|$)/i;

/** Copies that people and editors put aside. */
const PUT_ASIDE = /\.(?:bak|orig|old|save|disabled|off|example|sample|dist|tmp|part|swp|swx|md)$|~$/i;

function holdsSettings(directory: string): boolean {
  try {
    return readdirSync(directory).some(isSettingsName);
  } catch {
    return false;
  }
}

/**
 * A warning for each such entry of a directory, and one where nothing is read at all.
 *
 * @param entries of the directory
 * @param secretFiles absolute paths of what settings name as keys
 */
export function findUnread(
  directory: string,
  entries: readonly Dirent[],
  secretFiles: ReadonlySet<string>,
): readonly DocumentFault[] {
  const unread = entries.flatMap((entry): DocumentFault[] => {
    const { name } = entry;
    const source = join(directory, name);
    if (entry.isDirectory())
      return name.startsWith('.') || !holdsSettings(source)
        ? []
        : [{ source, path: '', message: 'is not read: settings files stand in the settings directory itself' }];
    if (isSettingsName(name) || !LOOKS_LIKE_SETTINGS.test(name)) return [];
    if (PUT_ASIDE.test(name) || secretFiles.has(resolve(source))) return [];
    return [{ source, path: '', message: 'is not read: the name of a settings file ends with .yaml, .yml or .json' }];
  });
  if (entries.some((entry) => !entry.isDirectory() && isSettingsName(entry.name))) return unread;
  const message = 'holds no settings files (*.yaml, *.yml, *.json): no workspace takes events';
  return [{ source: directory, path: '', message }, ...unread];
}
