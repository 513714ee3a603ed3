// The directory of the outbox is taken away under the running process: what no start would read is not acknowledged, and nothing begins anew in silence.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertNothingMissing, pushUntilRefused, rigFor } from '../../testkit/disk-trouble.js';

test('a directory that is renamed: not one push more is answered 2xx, and it goes on when the directory is back', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  for (let turn = 0; turn < 20; turn += 1) assert.equal((await rig.push(5)).status, 200);
  const elsewhere = `${rig.outbox}-elsewhere`;
  renameSync(rig.outbox, elsewhere);
  assert.match((await rig.push(1)).text, /OUTBOX_UNAVAILABLE/);
  const { text } = await rig.untilReadiness(503);
  assert.match(text, /GONE/);
  assert.match(text, /100 waiting events/);
  assert.equal((await rig.push(1)).status, 503);
  assert.equal(existsSync(rig.outbox), false, 'no other outbox is begun');
  renameSync(elsewhere, rig.outbox);
  await rig.untilReadiness(200);
  assert.equal((await rig.push(3)).status, 200);
  await rig.reviveStatsig();
  await rig.drain();
  assertNothingMissing(rig.accepted, rig.delivered);
});

test('a directory that is emptied, not deleted, is gone as well', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  for (const name of readdirSync(rig.outbox)) rmSync(join(rig.outbox, name), { recursive: true });
  assert.equal((await rig.push(1)).status, 503);
  assert.match((await rig.untilReadiness(503)).text, /GONE/);
});

test('a second process, its lock file deleted: the first one stops, and nothing that either has acknowledged is missing', async (context) => {
  const first = rigFor(context);
  await first.start();
  for (let turn = 0; turn < 10; turn += 1) assert.equal((await first.push(5)).status, 200);
  rmSync(join(first.outbox, 'LOCK'));
  const second = rigFor(context, first.outbox, 'second');
  const pushing = pushUntilRefused(first);
  await second.start();
  assert.equal((await second.push(3)).status, 200);
  assert.match(await pushing, /OUTBOX_UNAVAILABLE/);
  assert.match((await first.untilReadiness(503)).text, /another process/);
  await second.reviveStatsig();
  await second.drain();
  assertNothingMissing([...first.accepted, ...second.accepted], second.delivered);
  // The first one takes over when the second ends.
  await second.process.end('SIGTERM');
  await first.untilReadiness(200);
  assert.equal((await first.push(3)).status, 200);
});
