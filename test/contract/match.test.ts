// What a fixture expects is not met by anything else: each placeholder takes what it stands for, and no more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceivedCall } from '../../src/contract/call-desk.js';
import { compareCalls, hasAllCalls } from '../../src/contract/compare-calls.js';
import type { FixtureCall, Json } from '../../src/contract/fixture.js';
import { compare } from '../../src/contract/match.js';

const context = () => ({ received: { from: 1_000, to: 2_000 }, ids: new Map<string, string>() });
const differs = (expected: Json, actual: Json | undefined) =>
  compare(expected, actual, 'it', context()).map(({ where }) => where);

test('placeholders take what they stand for', () => {
  for (const [expected, actual] of [
    ['{{text}}', 'anything'],
    ['CODE: {{text}} (path{{text}}', 'CODE: why (path.to: x). Do it.'],
    ['{{uuid}}', '00000000-0000-4000-8000-000000000001'],
    ['{{time}}', '2026-01-02T03:04:05.000Z'],
    ['{{receivedAtMs}}', 1_500],
    ['{{receivedAtMs-500}}', 700],
    ['{{receivedAt}}', '1970-01-01T00:00:01.500Z'],
    ['{{number}}', 7],
    ['{{any}}', { a: [1] }],
    [
      { a: 1, '{{others}}': true },
      { a: 1, b: 2 },
    ],
    [{ b: '{{absent}}', '{{others}}': true }, { a: 1 }],
    [{ '{{anyOrder}}': [1, 2, 2] }, [2, 1, 2]],
    [{ '{{base64}}': { a: 1 } }, Buffer.from('{"a":1}').toString('base64')],
    ['{{ event.key || "x" }}', '{{ event.key || "x" }}'],
  ] as const)
    assert.deepEqual(differs(expected, actual), [], JSON.stringify(expected));
});

test('and nothing else', () => {
  for (const [expected, actual, where] of [
    ['{{text}}', 7, 'it'],
    ['CODE: {{text}}', 'OTHER: why', 'it'],
    ['{{uuid}}', 'not-one', 'it'],
    ['{{time}}', '2026-01-02', 'it'],
    ['{{receivedAtMs}}', 2_001, 'it'],
    ['{{receivedAtMs-500}}', 1_501, 'it'],
    ['{{number}}', '7', 'it'],
    ['{{any}}', undefined, 'it'],
    [{ a: 1 }, { a: 1, b: 2 }, 'it.b'],
    [{ a: 1, b: 2 }, { a: 1 }, 'it.b'],
    [{ b: '{{absent}}', '{{others}}': true }, { b: null }, 'it.b'],
    [{ '{{anyOrder}}': [1, 2, 2] }, [1, 2], 'it[any]'],
    [{ '{{anyOrder}}': [1, 2] }, [1, 2, 2], 'it[any]'],
    [[1, 2], [2, 1], 'it[0]'],
    [[1], [1, 2], 'it[1]'],
    [{ '{{base64}}': 'a' }, Buffer.from('b').toString('base64'), 'it'],
    [null, '', 'it'],
    ['a.c', 'abc', 'it'],
  ] as const)
    assert.equal(differs(expected, actual)[0], where, JSON.stringify(expected));
});

test('an id is the same where it is called the same, and another one elsewhere', () => {
  const expected = ['{{id:a}}', '{{id:b}}', '{{id:a}}'];
  assert.deepEqual(differs(expected, ['x', 'y', 'x']), []);
  assert.deepEqual(differs(expected, ['x', 'x', 'x']), ['it[1]']);
  assert.deepEqual(differs(expected, ['x', 'y', 'z']), ['it[2]']);
});

const logged = (...names: readonly string[]): FixtureCall => ({
  to: 'statsig',
  method: 'POST',
  path: '/v1/log_event',
  body: { events: names, statsigMetadata: {} },
});
const came = (call: FixtureCall): ReceivedCall => ({ ...call, headers: {}, text: JSON.stringify(call.body) });
const compared = (expected: readonly FixtureCall[], actual: readonly FixtureCall[]) =>
  compareCalls(expected, actual.map(came), 'calls', context()).length;

test('events are joined, in order, unless the fixture writes a reply', () => {
  const together = logged('a', 'b');
  const apart = [logged('a'), logged('b')];
  assert.equal(compared([together], apart), 0);
  assert.equal(compared(apart, [together]), 0);
  assert.notEqual(compared([together], [...apart].reverse()), 0);
  assert.notEqual(compared([{ ...together, reply: { status: 202 } }], apart), 0);
  assert.ok(!hasAllCalls([together], [came(logged('a'))]));
  assert.ok(hasAllCalls([together], apart.map(came)));
});

test('a call that no one expects, and one that does not come, are differences', () => {
  assert.notEqual(compared([], [logged('a')]), 0);
  assert.notEqual(compared([logged('a')], []), 0);
  const change = (method: string): FixtureCall => ({
    to: 'console',
    method,
    path: '/console/v1/segments/vip/id_list',
    body: { ids: ['b', 'a'] },
  });
  assert.equal(compared([change('PATCH')], [{ ...change('PATCH'), body: { ids: ['a', 'b'] } }]), 0);
  assert.notEqual(compared([change('PATCH'), change('DELETE')], [change('DELETE'), change('PATCH')]), 0);
});
