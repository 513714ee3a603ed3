// What delivery promises while the clock jumps, names are unknown, descriptors run out and the event loop stalls: short runs of `npm run faults`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from '../faults/catalog.js';

const SHORT = new Set([
  'virtual-outage',
  'clock',
  'dns',
  'descriptors',
  'stall',
  'slow-neighbours',
  'many-audiences',
  'many-workspaces',
  'many-documents',
]);

for (const fault of FAULTS.filter(({ name }) => SHORT.has(name))) {
  test(`${fault.name}: ${fault.promise}`, async (context) => {
    const seed = Date.now() % 1_000_000;
    context.diagnostic(`seed ${seed}`);
    const { numbers, broken } = await fault.run({ seed, short: true });
    context.diagnostic(numbers.join('; '));
    assert.deepEqual(broken, []);
  });
}
