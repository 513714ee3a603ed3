// What the outbox gives back is read as a change of a list only when it is one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChange } from '../../../src/targets/statsig-lists/list-changes.js';

const CHANGE = { listId: 'vip', idType: 'userID', id: 'ada', member: true, time: 5 };

test('a change is read as it was written, its time in whole milliseconds', () => {
  assert.deepEqual(readChange(JSON.stringify(CHANGE)), CHANGE);
  assert.deepEqual(readChange(JSON.stringify({ ...CHANGE, time: 5.9, more: 1 })), CHANGE);
});

for (const [name, wrong] of Object.entries({ listId: 7, idType: null, id: ['ada'], member: 'true', time: '5' })) {
  test(`one with a wrong ${name} is none`, () => {
    assert.equal(readChange(JSON.stringify({ ...CHANGE, [name]: wrong })), undefined);
    assert.equal(readChange(JSON.stringify({ ...CHANGE, [name]: undefined })), undefined);
  });
}

test('what is no JSON object is none', () => {
  for (const payload of ['', '{"listId":', 'null', '7', '[]']) assert.equal(readChange(payload), undefined, payload);
});
