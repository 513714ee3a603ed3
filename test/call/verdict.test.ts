// What a target's answer means for the events of a request, status by status.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answered, HttpResponse } from '../../src/call/http-call.js';
import { judge, type ResponseReader, type Verdict } from '../../src/call/verdict.js';
import { consoleReader } from '../../src/statsig/console-response.js';
import { STATSIG, STATSIG_WEBHOOK } from '../../src/statsig/statsig-response.js';
import { readCdpResponse } from '../../src/targets/segment/verdict.js';
import { judgeDeletion } from '../../src/targets/statsig-deletions/verdict.js';

const TARGET: ResponseReader = {
  name: 'The target',
  read: (said) => (said.kind !== 'text' ? 'unclear' : said.text === 'yes' ? 'yes' : 'no'),
};

function answered(status: number, body: string, retryAfter?: string, rest: Answered['rest'] = 'none'): HttpResponse {
  return { kind: 'answered', status, body, rest, retryAfter };
}

const one = (kind: Verdict['kind'], status: number, message: string) => ({ kind, status, message });

const ANSWERS: readonly { readonly answer: HttpResponse; readonly alone: Verdict; readonly among?: Verdict }[] = [
  { answer: answered(200, 'yes'), alone: one('delivered', 200, 'yes') },
  { answer: answered(202, 'yes'), alone: one('delivered', 202, 'yes') },
  { answer: answered(299, 'yes'), alone: one('delivered', 299, 'yes') },
  { answer: answered(200, 'no'), alone: one('retry', 502, 'The target answered 200 without accepting: no') },
  {
    answer: answered(199, 'yes'),
    alone: one('retry', 502, 'The target answered 199, a redirect, which is not followed'),
  },
  {
    answer: answered(300, 'yes'),
    alone: one('retry', 502, 'The target answered 300, a redirect, which is not followed'),
  },
  {
    answer: answered(399, 'x'),
    alone: one('retry', 502, 'The target answered 399, a redirect, which is not followed'),
  },
  {
    answer: answered(400, 'x'),
    alone: one('failed', 400, 'The target answered 400: x'),
    among: one('isolate', 400, 'The target answered 400: x'),
  },
  { answer: answered(401, 'x'), alone: one('failed', 401, 'The target answered 401: x') },
  { answer: answered(407, 'x'), alone: one('failed', 407, 'The target answered 407: x') },
  { answer: answered(408, 'x'), alone: one('retry', 408, 'The target answered 408: x') },
  { answer: answered(409, 'x'), alone: one('failed', 409, 'The target answered 409: x') },
  {
    answer: answered(413, 'x'),
    alone: one('failed', 413, 'The target answered 413: x'),
    among: one('split', 413, 'The target answered 413: x'),
  },
  { answer: answered(428, 'x', '7'), alone: one('failed', 428, 'The target answered 428: x') },
  { answer: answered(429, 'x'), alone: one('retry', 429, 'The target answered 429: x') },
  { answer: answered(429, 'x', '7'), alone: one('retry', 429, 'The target answered 429: x (Retry-After: 7)') },
  { answer: answered(499, 'x'), alone: one('failed', 499, 'The target answered 499: x') },
  { answer: answered(500, 'x'), alone: one('retry', 500, 'The target answered 500: x') },
  { answer: answered(503, '', '30'), alone: one('retry', 503, 'The target answered 503:  (Retry-After: 30)') },
  {
    answer: { kind: 'unanswered', reason: 'timeout', message: 'no answer within 5 ms' },
    alone: one('retry', 504, 'The target did not answer: no answer within 5 ms'),
  },
  {
    answer: { kind: 'unanswered', reason: 'network', message: 'ECONNREFUSED' },
    alone: one('retry', 503, 'The target did not answer: ECONNREFUSED'),
  },
];

for (const { answer, alone, among = alone } of ANSWERS) {
  const shown =
    answer.kind === 'answered' ? `${answer.status} ${answer.body} ${answer.retryAfter ?? ''}` : answer.reason;
  test(`${shown} to one event: ${alone.kind}; to several: ${among.kind}`, () => {
    assert.deepEqual(judge(answer, 1, TARGET), alone);
    assert.deepEqual(judge(answer, 2, TARGET), among);
  });
}

const CDP: ResponseReader = { name: 'CDP', read: readCdpResponse };
const LIST: ResponseReader = consoleReader('PATCH');
const LOOK: ResponseReader = consoleReader('GET');

/** What each says to the events of a 200 with this body: y(es), n(o), u(nclear), in the order Statsig, its webhooks, a CDP, a change of a list, a look at one, a deletion. */
const WORDS: readonly (readonly [body: string, words: string])[] = [
  ['', 'yyyyyy'],
  [' \n', 'yyyyyy'],
  ['{"success":true}', 'yyyyyy'],
  ['\ufeff{"success":true}', 'yyyyyy'],
  ['{"success":true,"error":"a warning"}', 'yyyyyy'],
  [`{"success":true,"note":"${'x'.repeat(5_000)}"}`, 'yyyyyy'],
  ['{"success":false}', 'nnnnnn'],
  ['{"success":"false"}', 'nnnnnn'],
  ['{"data":{"success":true},"success":false}', 'nnnnnn'],
  ['[{"success":false}]', 'nnnnnn'],
  ['[{"success":true}]', 'uuunnn'],
  ['{"error":"nothing was stored"}', 'nnnnnn'],
  ['{"error":null}', 'uyunyn'],
  ['{"errors":[]}', 'uyunyn'],
  ['{"errors":[{"code":7}]}', 'nnnnnn'],
  ['{"status":403,"message":"no"}', 'nnnnnn'],
  ['false', 'nnnnnn'],
  ['"false"', 'nnnnnn'],
  ['null', 'uuunnn'],
  ['0', 'uuunnn'],
  ['[]', 'uuunnn'],
  ['{}', 'uyunyn'],
  ['OK', 'uuynnn'],
  ['"ok"', 'uuynnn'],
  ['{"ok":true}', 'uyynyn'],
  ['{"status":"ok"}', 'uyynyn'],
  ['{"message":"IDs added"}', 'uyuyyn'],
  ['{"message":"read","data":{"id":"vip"}}', 'uyuyyn'],
  ['{"request_id":"7"}', 'uyunyy'],
  ['<html>Welcome to the proxy</html>', 'nnnnnn'],
  ['\n<?xml version="1.0"?><ok/>', 'nnnnnn'],
  ['{"success":true', 'uuunnn'],
];

const KINDS: Readonly<Record<string, string>> = { delivered: 'y', retry: 'n', unclear: 'u' };

for (const [body, words] of WORDS) {
  test(`200 with ${JSON.stringify(body).slice(0, 60)}`, () => {
    const answer = answered(200, body);
    const judges = [STATSIG, STATSIG_WEBHOOK, CDP, LIST, LOOK].map((responseReader) =>
      judge(answer, 1, responseReader),
    );
    const verdicts = [...judges, judgeDeletion(answer, 1)];
    assert.equal(verdicts.map(({ kind }) => KINDS[kind]).join(''), words);
  });
}

test('of an answer that is not whole counts what its beginning proves', () => {
  const judgeCut = (body: string, rest: Answered['rest']) =>
    judge(answered(202, body, undefined, rest), 1, STATSIG).kind;
  const long = `"note":"${'x'.repeat(70_000)}`;
  assert.equal(judgeCut(`{"success":true,${long}`, 'unread'), 'delivered');
  assert.equal(judgeCut(`{"a":[1,{"b":"\\""}], "success" : true , ${long}`, 'unread'), 'delivered');
  assert.equal(judgeCut(`{"success":false,${long}`, 'unread'), 'retry');
  assert.equal(judgeCut(`{"error":{"code":5},${long}`, 'unread'), 'retry');
  assert.equal(judgeCut(`{"data":{"success":true},${long}`, 'unread'), 'unclear');
  assert.equal(judgeCut(`{"quoted":"\\"success\\":true",${long}`, 'unread'), 'unclear');
  assert.equal(judgeCut(`{${long}`, 'unread'), 'unclear');
  assert.equal(judgeCut('['.repeat(65_536), 'unread'), 'unclear');
  assert.equal(judgeCut(`<html>${long}`, 'unread'), 'retry');
  // One that broke off is a lost answer, unless it has said yes before.
  assert.equal(judgeCut('{"success":true,', 'lost'), 'delivered');
  for (const body of ['', '{"succ', '{"success":tru', '{"success":true', '{"other":1,'])
    assert.equal(judgeCut(body, 'lost'), 'retry', body);
  // The status has been said, too.
  assert.equal(judge(answered(413, '', undefined, 'lost'), 2, STATSIG).kind, 'split');
});

test('people are shown the beginning of a long answer', () => {
  assert.equal(
    judge(answered(500, 'x'.repeat(60_000)), 1, TARGET).message,
    `The target answered 500: ${'x'.repeat(4096)}`,
  );
});
