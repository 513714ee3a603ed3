// What a target's answer means for the events of a request, status by status.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDeletion } from '../src/delivery/deletions/delete-user-data.js';
import type { PostAnswer } from '../src/delivery/post.js';
import { judge, type Verdict } from '../src/delivery/verdict.js';

const TARGET = { name: 'The target', accepts: (body: string) => body === 'yes' };

function answered(status: number, body: string, retryAfter?: string): PostAnswer {
  return { kind: 'answered', status, body, retryAfter };
}

const one = (kind: Verdict['kind'], status: number, message: string) => ({ kind, status, message });

const ANSWERS: readonly { readonly answer: PostAnswer; readonly alone: Verdict; readonly among?: Verdict }[] = [
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

test('only a 400 that complains of the request_id shows that Statsig has a deletion already', () => {
  const body = '{"message":"The request_id was used already."}';
  const answer = (status: number) => answered(status, body);
  assert.equal(judgeDeletion(answer(400), 1).kind, 'delivered');
  assert.equal(judgeDeletion(answer(500), 1).kind, 'retry');
});
