// All kinds of traffic at once while targets fail in turn: a short run of `npm run soak`, and proof that it sees memory grow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from '../soak/soak-run.js';
import { slopeOf } from '../soak/vitals.js';

test('of mixed traffic through changing weather everything comes out that came in', async (context) => {
  const seed = Date.now() % 1_000_000;
  context.diagnostic(`seed ${seed}`);
  const { traffic, weather, outcome, broken } = await runSoak({
    seed,
    seconds: 3,
    spellMs: 140,
    closingMs: 0,
    onMinute: () => {},
  });
  assert.deepEqual(broken, []);
  assert.ok(weather.includes('down'), weather.join());
  assert.ok(outcome.accepted > 0 && traffic.length === 8);
});

test('the slope is that of the line that fits best', () => {
  const growing = Array.from({ length: 60 }, (_, minute) => [minute, 100 + 3 * minute + (minute % 2)] as const);
  assert.ok(Math.abs(slopeOf(growing) - 3) < 0.01);
  assert.equal(slopeOf([[1, 5]]), 0);
});
