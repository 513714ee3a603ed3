// A file system in memory that is soon full.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A mounted file system. */
export interface SmallDisk {
  readonly path: string;
  unmount(): void;
}

/** @returns `undefined` where mounting is not allowed */
export function mountTmpfs(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    unmount() {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Mounts it for the test. @returns its path, or `undefined` where that is not allowed; the test is skipped then */
export function mountSmallDisk(context: TestContext, bytes: number): string | undefined {
  const disk = mountTmpfs(bytes);
  if (disk === undefined) context.skip('mounting a file system is not permitted here');
  else context.after(() => disk.unmount());
  return disk?.path;
}
