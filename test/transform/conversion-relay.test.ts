// Which messages are relayed untouched to Statsig's own webhook, in mode `webhook`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_TYPES } from '../../src/settings/event-types.js';
import { findRelayObstacle } from '../../src/transform/inbound/relay.js';

test('the types that the webhook takes are relayed, in any letter case', () => {
  for (const type of ['identify', 'track', 'page', 'screen', 'group', 'alias', 'Track', 'ALIAS'])
    assert.equal(findRelayObstacle({ type }, EVENT_TYPES), undefined, type);
});

test('any other type is filtered, and none at all is an error', () => {
  assert.deepEqual(findRelayObstacle({ type: 'Delete' }, EVENT_TYPES), {
    kind: 'filtered',
    reason: 'unsupported_type',
    detail: 'type Delete',
  });
  for (const type of [undefined, null, '', 7, ['track']])
    assert.deepEqual(findRelayObstacle({ type }, EVENT_TYPES), {
      kind: 'invalid',
      code: 'EVENT_TYPE_MISSING',
      path: 'message.type',
    });
});
