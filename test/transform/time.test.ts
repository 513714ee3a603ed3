// The forms in which senders write times, and which times an event can have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BELIEVABLE, findTime, isBelievable, readTime } from '../../src/transform/time.js';

// Far from UTC, so that a time read in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

const SECOND = Date.UTC(2026, 10, 20, 10, 0, 0);

test('every form of one moment is read as it', () => {
  for (const form of [
    '2026-11-20T10:00:00Z',
    '2026-11-20T10:00:00',
    '2026-11-20t10:00:00z',
    '2026-11-20 10:00:00',
    '2026-11-20 10:00:00Z',
    '2026-11-20 10:00:00+00',
    '2026-11-20 12:30:00+02:30',
    '2026-11-20 05:00:00-0500',
    '2026-11-20 10:00:00 UTC',
    '2026-11-20 10:00:00 GMT',
    '2026-11-20 10:00:00 +0000 UTC',
    '2026-11-20 10:00:00.000000000 +0000 UTC',
    '2026-11-20 10:00:00.000000000 +0000 UTC m=+0.012345678',
    '2026-11-20 02:00:00 -0800 PST',
    '2026-11-20 13:00:00 +0300 +03 m=+12.5',
    '2026-11-20 10:00',
    ' 2026-11-20T10:00:00.000000000000Z ',
    '2026-11-20T10:00:00,000+00:00',
    'Fri, 20 Nov 2026 10:00:00 GMT',
    'Fri, 20 Nov 2026 12:00:00 +0200',
    'Fri Nov 20 2026 19:00:00 GMT+0900 (Japan Standard Time)',
    'Fri Nov 20 2026 19:00:00 GMT+0900',
    SECOND / 1000,
    String(SECOND / 1000),
    `${SECOND / 1000}.0`,
    SECOND,
    String(SECOND),
    SECOND * 1000,
    String(SECOND * 1000),
    `${SECOND}000000`,
  ])
    assert.equal(readTime(form), SECOND, String(form));
  assert.equal(readTime('2026-11-20 10:00:00.123456+00'), SECOND + 123, 'a fraction of any length');
  assert.equal(readTime('2026-11-20T10:00:00.1Z'), SECOND + 100);
  assert.equal(readTime(SECOND / 1000 + 0.25), SECOND + 250, 'seconds with a fraction, as Python counts them');
  assert.equal(readTime('2026-11-20'), Date.UTC(2026, 10, 20));
});

test('a day that its month does not have is no time, in any form', () => {
  for (const form of [
    '2026-02-29',
    '2026-02-30T10:00:00Z',
    '2026-04-31T10:00:00',
    '2026-02-29 10:00:00+00',
    'Mon, 30 Feb 2026 10:00:00 GMT',
    'Fri Jun 31 2026 10:00:00 GMT+0000',
  ])
    assert.equal(readTime(form), undefined, form);
  assert.equal(readTime('2028-02-29'), Date.UTC(2028, 1, 29));
  assert.equal(readTime('2026-01-31 10:00:00'), Date.UTC(2026, 0, 31, 10));
  assert.equal(readTime('Sat, 31 Jan 2026 10:00:00 GMT'), Date.UTC(2026, 0, 31, 10));
  assert.equal(readTime('2026-11-20 10:00:00 PST'), undefined, 'a zone by name alone, which may be any of several');
});

test('what is no time, or of a zone that is not named, is not read', () => {
  for (const value of [
    ...[
      '',
      ' ',
      '5',
      '2026',
      'yesterday',
      'now',
      '20/11/2026',
      '11/20/2026 10:00',
      '2026-13-45T00:00:00Z',
      '2026-11-20 25:00:00',
    ],
    ...['November 20, 2026 10:00', 'Fri 2026-11-20', '2026-11-20 (Friday)', '2026-11-20 10:00:00 CET', '2026-11-20 10'],
    ...[5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e20, 'x'.repeat(1_000_000), `${' '.repeat(100_000)}x`],
    ...[null, undefined, true, {}, [], ['2026-11-20T10:00:00Z']],
  ])
    assert.equal(readTime(value), undefined, String(value).slice(0, 40));
});

test('whatever is read is a moment that a date can hold', () => {
  const text = fc.stringMatching(
    /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,12})?)? ?(Z|UTC|[+-]\d{2}(:?\d{2})?)?$/,
  );
  fc.assert(
    fc.property(fc.oneof(text, fc.double(), fc.double({ min: 0, max: 1e21 }).map(String), fc.string()), (value) => {
      const ms = readTime(value);
      if (ms !== undefined) assert.ok(Number.isInteger(ms) && !Number.isNaN(new Date(ms).getTime()), String(value));
    }),
    { numRuns: 300 },
  );
});

test('an event happened after the year 2000, and before it was received', () => {
  const received = SECOND;
  for (const ms of [BELIEVABLE.earliestMs, received, received + BELIEVABLE.maxAheadMs])
    assert.ok(isBelievable(ms, received));
  for (const ms of [
    ...[0, BELIEVABLE.earliestMs - 1, received + BELIEVABLE.maxAheadMs + 1],
    ...[Date.UTC(2000, 0, 1), Date.parse('0001-01-01T00:00:00Z'), Date.parse('2569-11-20T10:00:00Z')],
  ])
    assert.ok(!isBelievable(ms, received), new Date(ms).toISOString());
});

test('the first time that can be used is taken, and one of a receipt is told apart', () => {
  const good = '2026-11-20T09:00:00Z';
  const ms = Date.parse(good);
  for (const bad of ['yesterday', '1970-01-01T00:00:00Z', '2569-11-20T10:00:00Z', '2026-11-20T17:00:00Z', 5, {}]) {
    const find = (event: object) => findTime({ ...event }, SECOND);
    const found = (field: string | undefined, isReplaced: boolean) => ({ ms: field && ms, field, isReplaced });
    assert.deepEqual(find({ timestamp: good, originalTimestamp: bad }), found('timestamp', false));
    assert.deepEqual(find({ timestamp: bad, originalTimestamp: good }), found('originalTimestamp', false));
    assert.deepEqual(find({ timestamp: bad, originalTimestamp: bad, receivedAt: good }), found('receivedAt', true));
    assert.deepEqual(find({ timestamp: bad }), found(undefined, true));
    assert.deepEqual(find({ timestamp: null, receivedAt: good }), found('receivedAt', false));
    assert.deepEqual(find({ receivedAt: bad }), found(undefined, false));
  }
});
