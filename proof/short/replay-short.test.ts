// A replay that is killed loses nothing and sends nothing twice: a short run of `npm run replay:proof`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../testkit/random.js';
import { judgeReplay, type ReplayFindings, runReplayProof } from '../replay/run.js';

const MAX_RESIDENT_MIB = 250;

for (const way of ['plugin', 'straight'] as const)
  test(`two kills of a replay of 12 MB, ${way}`, async (context) => {
    const seed = Date.now() % 1_000_000;
    context.diagnostic(`seed ${seed}`);
    const run = { way, bytes: 12e6, kills: 2, random: createRandom(seed).fraction };
    assert.deepEqual(judgeReplay(run, await runReplayProof(run), MAX_RESIDENT_MIB), []);
  });

test('the judge sees what is lost, what came twice, and memory', () => {
  const good: ReplayFindings = {
    kills: 2,
    exitCode: 0,
    summary: { events: 10, accepted: 9, duplicates: 1, refused: {} },
    residentMiB: [100],
    mostResidentMiB: 100,
    eventsPerSecond: 1,
    archived: 10,
    histogram: [0, 10],
  };
  const judge = (parts: Partial<ReplayFindings>, way: 'plugin' | 'straight' = 'plugin') =>
    judgeReplay({ way, kills: 2 }, { ...good, ...parts }, 200);
  assert.deepEqual(judge({}), []);
  assert.match(judge({ histogram: [1, 9] })[0] ?? '', /1 events did not come/);
  assert.match(judge({ histogram: [0, 9, 1] })[0] ?? '', /1 events came more than once, 0 may/);
  assert.deepEqual(judge({ histogram: [0, 9, 1] }, 'straight'), []);
  assert.equal(judge({ mostResidentMiB: 201 }).length, 1);
  assert.equal(judge({ kills: 1, exitCode: 1 }).length, 2);
  assert.equal(judge({ summary: { ...good.summary, events: 9, accepted: 8 } }).length, 2);
});
