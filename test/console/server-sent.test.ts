// The console's reader of server-sent events, and of the parts of JSON text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonTokens } from '../../src/console/components/json-tokens.js';
import { createServerSentReader } from '../../src/console/server-sent.js';

const TEXT =
  'event: hello\ndata: {"a":1}\n\nid: 7\nevent: entries\ndata: [1,\ndata: 2]\n\n: a comment\n\nid: 8\n\ndata: x\r\n\r\n';
const EVENTS = [
  { event: 'hello', data: '{"a":1}' },
  { event: 'entries', data: '[1,\n2]', id: '7' },
  { event: 'message', data: '', id: '8' },
  { event: 'message', data: 'x' },
];

test('events are read the same, however the text is cut', () => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const read = createServerSentReader();
    const pieces = TEXT.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    assert.deepEqual(pieces.flatMap(read), EVENTS, `pieces of ${size}`);
  }
});

test('an event that is not whole is not given', () => {
  assert.deepEqual(createServerSentReader()('data: half'), []);
});

test('the parts of JSON text make up the text, and keys, strings, numbers and words are told apart', () => {
  const text = JSON.stringify({ 'a"b': ['x: 1', -1.5e3, true, null], c: '<b>' }, null, 2);
  const tokens = jsonTokens(text);
  assert.equal(tokens.map(({ text: part }) => part).join(''), text);
  const kinds = (kind: string) => tokens.filter((token) => token.kind === kind).map((token) => token.text);
  assert.deepEqual(kinds('key'), ['"a\\"b"', '"c"']);
  assert.deepEqual(kinds('string'), ['"x: 1"', '"<b>"']);
  assert.deepEqual([kinds('number'), kinds('word')], [['-1500'], ['true', 'null']]);
  for (const none of ['{"half', 'no JSON: "', '']) {
    assert.equal(
      jsonTokens(none)
        .map(({ text: part }) => part)
        .join(''),
      none,
    );
  }
});
