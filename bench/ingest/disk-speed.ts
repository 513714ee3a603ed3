// Measures how often the disk can sync, which bounds everything that promises "on disk".

import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Syncs of 4 KiB each, one after another, per second. @param directory on the disk in question */
export function syncsPerSecond(directory: string): number {
  const file = join(directory, 'sync-probe');
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(4096, 1);
  const start = performance.now();
  let syncs = 0;
  while (performance.now() - start < 1000) {
    writeSync(descriptor, page);
    fdatasyncSync(descriptor);
    syncs += 1;
  }
  closeSync(descriptor);
  rmSync(file);
  return (syncs * 1000) / (performance.now() - start);
}
