// Waiting for what no event tells: another process, a file, a page.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** The variable with which a run whose tests are to fail waits less. */
export const TEST_PATIENCE_MS = 'TEST_PATIENCE_MS';

/** Much longer than anything takes that is waited for, on any machine: what has not happened by then never will. */
const PATIENCE_MS = Number(process.env[TEST_PATIENCE_MS] ?? 150_000);

const LOOK_MS = 10;

/** Most time between two looks: a look often asks a server, which has other things to do. */
const MAX_LOOK_MS = 100;

/** The part of the wait so far that may go by until the next look. */
const LOOK_PART = 0.1;

/** Waits until something holds. @param what is waited for, as it stands in the end */
export async function until(condition: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    const waited = performance.now() - begin;
    if (waited > PATIENCE_MS) assert.fail(`never happened: ${typeof what === 'string' ? what : what()}`);
    await pause(Math.min(Math.max(LOOK_MS, waited * LOOK_PART), MAX_LOOK_MS));
  }
}
