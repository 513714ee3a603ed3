import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ongoing } from '../../src/base/ongoing.js';

test('a trouble begins once, until it was over', () => {
  const trouble = new Ongoing();
  assert.deepEqual([trouble.begins(), trouble.begins()], [true, false]);
  trouble.ends();
  assert.deepEqual([trouble.begins(), trouble.begins()], [true, false]);
});

test('troubles of different names are told apart', () => {
  const trouble = new Ongoing();
  assert.deepEqual([trouble.begins('a'), trouble.begins('b'), trouble.begins('a')], [true, true, false]);
  trouble.ends('b');
  assert.deepEqual([trouble.begins('a'), trouble.begins('b')], [false, true]);
});
