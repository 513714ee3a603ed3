// What a target answers is kept without the key, however it repeats the key.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicForms, redactResponse, redactText } from '../../src/call/redaction.js';

const PLAIN = 'key-0123456789abcdef';
const SPECIAL = 'key "quoted\\" + 100%/&=';

test('a key is taken out wherever it stands, as often as it stands there', () => {
  assert.equal(redactText(`a ${PLAIN} b ${PLAIN}${PLAIN}`, [PLAIN]), 'a [redacted] b [redacted][redacted]');
  assert.equal(redactText('nothing of it', [PLAIN]), 'nothing of it');
  assert.equal(redactText('', [PLAIN]), '');
});

test('a key is known in JSON, in JSON that quotes JSON, also twice, and in both ways of writing a query', () => {
  const once = JSON.stringify({ key: SPECIAL });
  assert.equal(redactText(once, [SPECIAL]), '{"key":"[redacted]"}');
  assert.equal(redactText(JSON.stringify({ said: once }), [SPECIAL]), '{"said":"{\\"key\\":\\"[redacted]\\"}"}');
  const thrice = JSON.stringify({ echo: JSON.stringify({ body: once }) });
  assert.doesNotMatch(
    redactText(thrice, [SPECIAL]),
    /quoted/,
    'an answer that quotes a request whose body holds the key',
  );
  assert.equal(redactText(`?key=${encodeURIComponent(SPECIAL)}&b`, [SPECIAL]), '?key=[redacted]&b');
  assert.equal(redactText(`?${new URLSearchParams({ key: SPECIAL, b: '1' })}`, [SPECIAL]), '?key=[redacted]&b=1');
});

test('of a key that the end of the answer cuts, the beginning is taken out from four characters on', () => {
  for (let length = 4; length < PLAIN.length; length += 1)
    assert.equal(redactText(`cut ${PLAIN.slice(0, length)}`, [PLAIN]), 'cut [redacted]');
  assert.equal(redactText('cut key', [PLAIN]), 'cut key');
  assert.equal(redactText(PLAIN.slice(0, 6), [PLAIN]), '[redacted]');
  assert.equal(redactText('key- in the middle', [PLAIN]), 'key- in the middle');
});

test('the forms of Basic authentication are the header with and without padding, and the key', () => {
  const padded = Buffer.from('key:').toString('base64');
  assert.equal(padded, 'a2V5Og==');
  assert.deepEqual(basicForms('key'), ['a2V5Og==', 'a2V5Og', 'key']);
  for (const form of basicForms(PLAIN)) assert.equal(redactText(`<${form}>`, basicForms(PLAIN)), '<[redacted]>');
});

test('an answer keeps its status, and Retry-After is searched like the body', () => {
  const answer = {
    kind: 'answered',
    status: 429,
    body: `no ${PLAIN}`,
    rest: 'none',
    retryAfter: `in ${PLAIN} s`,
  } as const;
  assert.deepEqual(redactResponse(answer, [PLAIN]), {
    ...answer,
    body: 'no [redacted]',
    retryAfter: 'in [redacted] s',
  });
  const without = { kind: 'answered', status: 200, body: '', rest: 'none', retryAfter: undefined } as const;
  assert.deepEqual(redactResponse(without, [PLAIN]), without);
  const unanswered = { kind: 'unanswered', reason: 'network', message: 'ECONNREFUSED' } as const;
  assert.equal(redactResponse(unanswered, [PLAIN]), unanswered);
});
