// The process on a disk in trouble: senders keep what cannot be stored, RudderStack is served all the same, and nothing that was acknowledged is missing
// without a word. More of it is in proof/short/disk-trouble.test.ts.

import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertDamageIsSaid, assertRecovered, assertUnavailable, DAMAGES, rigFor } from '../../testkit/disk-trouble.js';

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
