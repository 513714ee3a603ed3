// Waiting for what no event tells: another process, a file, a page.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Much longer than anything takes that is waited for, on any machine: what has not happened by then never will. */
const PATIENCE_MS = 150_000;

const LOOK_MS = 10;

/** Waits until something holds. @param what is waited for, as it stands in the end */
export async function until(condition: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`never happened: ${typeof what === 'string' ? what : what()}`);
    await pause(LOOK_MS);
  }
}
