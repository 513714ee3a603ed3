// A replay that is killed loses nothing and sends nothing twice: a short run of `npm run replay:proof`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI } from '../../testkit/programs.js';
import { createRandom } from '../../testkit/random.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { judgeReplay, type ReplayFindings, runReplayProof } from '../replay/run.js';

const MAX_RESIDENT_MIB = 250;

for (const way of ['plugin', 'straight'] as const)
  test(`two kills of a replay of 12 MB, ${way}`, async (context) => {
    const seed = Date.now() % 1_000_000;
    context.diagnostic(`seed ${seed}`);
    const run = { way, bytes: 12e6, kills: 2, random: createRandom(seed).fraction };
    assert.deepEqual(judgeReplay(run, await runReplayProof(run), MAX_RESIDENT_MIB), []);
  });

test('a line of 400 MB is passed over without being held', async (context) => {
  const file = join(temporaryDirectory(context), 'archive');
  const archive = openSync(file, 'w');
  writeSync(archive, '{"type":"track","event":"A","userId":"a","messageId":"a"}\n{"type":"');
  for (let megabytes = 0; megabytes < 400; megabytes += 1) writeSync(archive, Buffer.alloc(1_000_000, 'x'));
  writeSync(archive, '"}\n{"type":"track","event":"B","userId":"b","messageId":"b"}\n');
  closeSync(archive);
  const report = `process.on('exit', () => console.error('resident KiB: ' + process.resourceUsage().maxRSS));`;
  const preload = `data:text/javascript,${encodeURIComponent(report)}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', preload, CLI, 'replay', file, '--dry-run', '--json'],
    { encoding: 'utf8' },
  );
  const { events, refused } = JSON.parse(stdout);
  assert.deepEqual([events, refused.VALUE_TOO_LARGE], [3, 1]);
  const resident = Number(/resident KiB: (\d+)/.exec(stderr)?.[1]) / 1024;
  assert.ok(resident < MAX_RESIDENT_MIB, `${resident} MiB`);
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
