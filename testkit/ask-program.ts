// Programs that a machine may have or not: what checks the files under deploy/.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/** Runs a program to its end, which has to be 0. @returns what it says, or `undefined` where it is not installed: then the test is skipped, and says so */
export function askProgram(context: TestContext, program: string, ...args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    console.error(`NOT CHECKED: "${context.name}", because ${program} is not installed here.`);
    context.skip(`${program} is not installed`);
    return undefined;
  }
  assert.ifError(error);
  assert.equal(status, 0, `${program} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout + stderr;
}
