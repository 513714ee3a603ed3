// Looks whether the directories of the process can be written, without making them.

import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../base/system-error.js';
import type { ProcessSettings } from '../settings/process.js';

/** The directory itself, or the nearest one around it that is there. */
function nearest(path: string): string {
  try {
    statSync(path);
    return path;
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== 'ENOENT' || above === path) throw error;
    return nearest(above);
  }
}

function faultOf(variable: string, directory: string): readonly string[] {
  const path = resolve(directory);
  try {
    const found = nearest(path);
    if (!statSync(found).isDirectory()) return [`${variable}: ${found} is no directory.`];
    accessSync(found, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    return [`${variable}: ${path} cannot be written (${codeOf(error)}).`];
  }
}

/** A sentence for each directory that the process could not write to. */
export function diskFaults({
  sharedOutbox,
  outboxDirectory,
  dataDir,
}: Pick<ProcessSettings, 'sharedOutbox' | 'outboxDirectory' | 'dataDir'>) {
  return [
    // A shared outbox needs no disk.
    ...(sharedOutbox === undefined ? faultOf('OUTBOX_DIRECTORY', outboxDirectory) : []),
    ...(dataDir === undefined ? [] : faultOf('STATSIG_CDP_DATA', dataDir)),
  ];
}
