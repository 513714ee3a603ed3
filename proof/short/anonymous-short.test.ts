// A sender that reaches only the public port stops, reads and loses nothing: a short run of `npm run hostile -- anonymous`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAnonymous } from '../hostile/anonymous-run.js';

test('anonymous attackers find no way in', { timeout: 180_000 }, async () => {
  // How long others wait depends on the machine, which has other tests to run.
  const options = { seed: 11, rounds: 8, calmMs: 20, patienceMs: Number.POSITIVE_INFINITY };
  const lines: string[] = [];
  const { rounds, broken } = await runAnonymous(options, (line) => lines.push(line));
  assert.deepEqual({ rounds, broken }, { rounds: 8, broken: [] }, lines.join('\n'));
});
