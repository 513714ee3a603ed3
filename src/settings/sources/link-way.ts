// Follows links.

import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Adds the path, the directories above it, and, where one of these is a link, where it leads, to the way. For
 * Kubernetes' `acme.yaml -> ..data/acme.yaml` that is the link `..data` too, which is swapped when the file changes.
 *
 * @param path absolute
 * @param way what is in it already is not followed anew
 */
export function addWay(path: string, way: Set<string>): void {
  if (way.has(path)) return;
  way.add(path);
  const parent = dirname(path);
  if (parent !== path) addWay(parent, way);
  const target = targetOf(path);
  if (target !== undefined) addWay(resolve(parent, target), way);
}

function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
  } catch {
    // What cannot be followed cannot be read either, which the look tells.
    return undefined;
  }
}
