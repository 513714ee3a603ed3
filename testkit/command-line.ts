// The command line as people run it: a process of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CLI } from './programs.js';

const run = promisify(execFile);

/** Runs a command to its end. @returns what it printed; rejects where its exit code is not 0 */
export function runCli(
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd?: string },
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, [CLI, ...args], options);
}

/** That a command exits with a code, 1 where it cannot do what it is asked, prints this on standard error, and nothing else on standard output. */
export function says(problem: string | RegExp, said = '', exitCode = 1) {
  return ({ code, stdout, stderr }: { readonly code: number; readonly stdout: string; readonly stderr: string }) => {
    assert.deepEqual([code, stdout.trim()], [exitCode, said]);
    if (typeof problem === 'string') assert.equal(stderr.trim(), problem);
    else assert.match(stderr.trim(), problem);
    assert.equal(stderr.trim().split('\n').length, 1, 'one sentence, no stack');
    return true;
  };
}
