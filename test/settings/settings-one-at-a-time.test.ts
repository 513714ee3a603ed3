// A task that is asked for while it runs is run once more, never beside itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rerunAfter } from '../../src/base/shared-run.js';

test('calls during a run share one more run after it', async () => {
  let runs = 0;
  let running = 0;
  let finish: () => void = () => {};
  const task = rerunAfter(async () => {
    runs += 1;
    running += 1;
    assert.equal(running, 1);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    running -= 1;
  });
  const first = task();
  const later = [task(), task()];
  assert.equal(runs, 1);
  finish();
  while (runs < 2) await Promise.resolve();
  finish();
  await Promise.all([first, ...later]);
  assert.equal(runs, 2);

  const again = task();
  assert.equal(runs, 3);
  finish();
  await again;
});
