// What is kept of a long text holds the rest of it no longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ownText } from '../../src/base/own-text.js';

const LONG = 4_000_000;

test('the beginnings of texts that are kept take no more than they show', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 20 }, (_, index) => ownText(`${index}`.padEnd(LONG, 'x'), 200));
  collect();
  assert.ok(process.memoryUsage().heapUsed - before < LONG, 'twenty texts of 4 MB are not held by 200 characters each');
  assert.equal(kept[7], '7'.padEnd(200, 'x'));
});

test('a text that is short enough is the same, and half a character stays one', () => {
  assert.equal(ownText('user-42', 200), 'user-42');
  assert.equal(ownText('a\ud800b\udc00c', 4), 'a\ud800b\udc00');
});
