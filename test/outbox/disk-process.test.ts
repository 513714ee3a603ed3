// The process on a disk in trouble: senders keep what cannot be stored, RudderStack is served all the same, and nothing that was acknowledged is missing
// without a word. More of it is in proof/short/disk-trouble.test.ts.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertDamageIsSaid,
  assertRecovered,
  assertUnavailable,
  DAMAGES,
  missingOf,
  rigFor,
  TABLE_DAMAGES,
} from '../../testkit/disk-trouble.js';

test('a file in the way of the outbox', async (context) => {
  const rig = rigFor(context);
  writeFileSync(rig.outbox, '');
  await rig.start();
  await assertUnavailable(rig, /EEXIST/);
  rmSync(rig.outbox);
  await assertRecovered(rig);
});

test('damage after a kill is said: flipped bytes in the newest writes', (context) =>
  assertDamageIsSaid(context, DAMAGES['flipped bytes in the newest writes'], false));

test('damage after a kill is said: a table cut in half', (context) =>
  assertDamageIsSaid(context, TABLE_DAMAGES['a table cut in half'], true));

test('damage is said after every start, until an operator acknowledges it', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  await rig.process.end('SIGTERM');
  rmSync(join(rig.outbox, 'CURRENT'));
  for (const start of ['first', 'second']) {
    await rig.start();
    assert.match((await rig.untilReadiness(200)).text, /"problem":"damaged: it was repaired \(CURRENT: /, start);
    assert.equal((await rig.metrics()).get('statsig_cdp_outbox_noticed'), 1);
    await rig.process.end('SIGTERM');
  }
  await rig.start();
  await rig.untilReadiness(200);
  const [refused, acknowledged] = await rig.acknowledge();
  assert.equal(refused?.status, 401);
  assert.equal(acknowledged?.text, '{"acknowledged":true}');
  assert.doesNotMatch((await rig.readiness()).text, /damaged/);
  assert.equal((await rig.metrics()).get('statsig_cdp_outbox_noticed'), 0);
  await rig.process.end('SIGKILL');
  await rig.start();
  assert.doesNotMatch((await rig.untilReadiness(200)).text, /damaged/);
  await rig.reviveStatsig();
  await rig.drain();
  assert.deepEqual(missingOf(rig), []);
});
