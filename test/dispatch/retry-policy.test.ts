// How long the next try waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter, retryDelay } from '../../src/dispatch/retry-policy.js';

// Far from UTC, so that a date read in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

const NOW = Date.UTC(2026, 0, 15, 12);
const SECOND = 1000;
const HOUR = 3600 * SECOND;

const delay = (attempts: number, chance: number, retryAfter?: string) =>
  retryDelay({ attempts, retryAfter, now: NOW, random: () => chance });

test('the wait doubles from one second to five minutes', () => {
  const nearlyOne = 0.999999;
  const waits = [1, 2, 3, 8, 9, 10, 30, 2000].map((attempts) => delay(attempts, nearlyOne));
  assert.deepEqual(
    waits,
    [1, 2, 4, 128, 256, 300, 300, 300].map((seconds) => seconds * SECOND),
  );
});

test('chance picks any part of the wait', () => {
  assert.deepEqual([delay(4, 0), delay(4, 0.25), delay(4, 0.5)], [0, 2 * SECOND, 4 * SECOND]);
});

test('Retry-After goes before the backoff, in both directions', () => {
  assert.equal(delay(1, 0.5, '120'), 120 * SECOND);
  assert.equal(delay(30, 0.5, '2'), 2 * SECOND);
});

test('Retry-After may be seconds or any HTTP date', () => {
  assert.equal(readRetryAfter(' 7 ', NOW), 7 * SECOND);
  assert.equal(readRetryAfter('Thu, 15 Jan 2026 12:00:30 GMT', NOW), 30 * SECOND);
  assert.equal(readRetryAfter('Thursday, 15-Jan-26 12:00:30 GMT', NOW), 30 * SECOND);
  assert.equal(readRetryAfter('Thu Jan 15 12:00:30 2026', NOW), 30 * SECOND);
});

test('Retry-After is never obeyed for more than an hour', () => {
  assert.equal(readRetryAfter('86400', NOW), HOUR);
  assert.equal(readRetryAfter('9'.repeat(400), NOW), HOUR);
  assert.equal(readRetryAfter('Fri, 16 Jan 2026 12:00:00 GMT', NOW), HOUR);
});

for (const header of ['', '0', '-5', '1.5', 'soon', 'Thu, 15 Jan 2026 11:59:59 GMT', 'Thu, nonsense']) {
  test(`Retry-After "${header}" asks for nothing, so the backoff holds`, () => {
    assert.equal(delay(3, 0.5, header), 2 * SECOND);
  });
}
