// Runs a group of hostile attempts as tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttemptGroup, runGroup } from './attempt.js';

/** One test for the group, in it one for each attempt. */
export function testGroup(group: AttemptGroup): void {
  test(group.title, async (context) => {
    await runGroup(group, 'short', ({ what, promise, seen, held }) =>
      context.test(what, () => assert.ok(held, `promised: ${promise}; seen: ${seen}`)),
    );
  });
}
