// A file system in memory that is soon full.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Mounts it for the test. @returns its path, or `undefined` where that is not allowed; the test is skipped then */
export function mountSmallDisk(context: TestContext, bytes: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'disk-'));
  let isMounted = false;
  context.after(() => {
    if (isMounted) execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true, force: true });
  });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    context.skip('mounting a file system is not permitted here');
    return undefined;
  }
  isMounted = true;
  return path;
}
