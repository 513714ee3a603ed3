// A first sync stays within Statsig's limit and sends every id once: a short run of `npm run bench:audiences`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFirstSync } from '../../bench/audiences/audiences-run.js';

test('20 000 ids enter 5 new lists, each once, with as few calls as can be and none too many', async () => {
  const { calls, refused, virtualMs, highest, wrong } = await runFirstSync({ changes: 20_000, lists: 5 });
  assert.deepEqual(wrong, []);
  assert.equal(refused, 0);
  // For each list a look, one to make it, and four for its 4 000 ids.
  assert.equal(calls, 30);
  assert.deepEqual(
    highest.map((window) => window.calls),
    [12, 30],
  );
  assert.ok(virtualMs < 60_000, `${virtualMs} ms`);
});
