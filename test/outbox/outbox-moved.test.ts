// The directory of the outbox is taken away under the running process: what no start would read is not acknowledged, and nothing begins anew in silence.

import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { assertNothingMissing, rigFor } from '../../testkit/disk-trouble.js';

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
