// What manifest.json declares is what the code does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileWorkspace } from '../../src/settings/compile.js';
import { manifest } from '../../src/settings/manifest.js';
import { POSSIBLE_FATES, RELAYABLE_TYPES } from '../../src/transform/event-types.js';
import { convertInbound } from '../../src/transform/inbound/index.js';

test('every declared event type is converted or filtered as declared, and no other is converted', () => {
  const workspace = compileWorkspace('ws', {}, undefined, 'rudderstack');
  const convert = (type: string) =>
    convertInbound({ type, event: 'Order Completed', name: 'Pricing', userId: 'user-42' }, workspace, Date.now()).kind;
  const declared = Object.entries(manifest.eventTypes);
  for (const [type, fate] of declared)
    assert.equal(convert(type), fate === 'converted' ? 'converted' : 'filtered', type);
  assert.equal(convert('merge'), 'filtered');
  assert.deepEqual([...POSSIBLE_FATES.keys(), 'alias'].sort(), declared.map(([type]) => type).sort());
  assert.deepEqual(manifest.relayedEventTypes, RELAYABLE_TYPES);
});
