// What each answer of a CDP means for the batch, and that it is not sent a second time behind our back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  type Answer,
  accept,
  briefly,
  deliveries,
  idsOf,
  messageOf,
  openTargets,
  patience,
  startCdp,
  targetAt,
  WRITE_KEY,
} from '../../../testkit/segment-target.js';
import { until } from '../../../testkit/until.js';

const answering =
  (status: number, headers: Record<string, string> = {}, body = status < 300 ? 'OK' : 'no'): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** The answer, what it means for one event, and what for several. */
const ANSWERS: readonly (readonly [number, string, string])[] = [
  [200, 'delivered 200', 'delivered 200'],
  [202, 'delivered 202', 'delivered 202'],
  [204, 'delivered 204', 'delivered 204'],
  [301, 'retry 502', 'retry 502'],
  [304, 'retry 502', 'retry 502'],
  [400, 'failed 400', 'isolate 400'],
  [401, 'failed 401', 'failed 401'],
  [403, 'failed 403', 'failed 403'],
  [404, 'failed 404', 'failed 404'],
  [408, 'retry 408', 'retry 408'],
  [410, 'failed 410', 'failed 410'],
  [413, 'failed 413', 'split 413'],
  [422, 'failed 422', 'failed 422'],
  [429, 'retry 429', 'retry 429'],
  [500, 'retry 500', 'retry 500'],
  [501, 'retry 501', 'retry 501'],
  [502, 'retry 502', 'retry 502'],
  [503, 'retry 503', 'retry 503'],
  [504, 'retry 504', 'retry 504'],
];

for (const [body, what] of [
  ['', 'delivered 200'],
  ['OK', 'delivered 200'],
  ['{"success":true}', 'delivered 200'],
  ['{"success": false}', 'retry 502'],
  [`{"success":true,"note":"${'x'.repeat(4_097)}"}`, 'delivered 200'],
  ['{"error":"no"}', 'retry 502'],
  ['null', 'unclear 502'],
  ['{}', 'unclear 502'],
  ['\n<!DOCTYPE html><title>Sign in</title>', 'retry 502'],
] as const) {
  test(`200 with ${JSON.stringify(body)}: ${what}`, async (context) => {
    const cdp = await startCdp(context, answering(200, {}, body));
    const target = openTargets(context).targetOf(targetAt(cdp.url));
    assert.equal(briefly(await target.send(deliveries(1), patience())), what);
  });
}

for (const [status, alone, several] of ANSWERS) {
  test(`${status}: ${alone} of one event, ${several} of several, after one request each`, async (context) => {
    const cdp = await startCdp(context, answering(status, { location: '/elsewhere' }, status === 204 ? '' : undefined));
    const target = openTargets(context).targetOf(targetAt(cdp.url));
    assert.equal(briefly(await target.send(deliveries(1), patience())), alone);
    assert.equal(briefly(await target.send(deliveries(3), patience())), several);
    // What the SDK would send again it would send before the next batch.
    await target.send(deliveries(1, 'next'), patience());
    assert.deepEqual(
      cdp.taken.map((taken) => idsOf(taken).length),
      [1, 3, 1],
    );
  });
}

test('Retry-After reaches us, not the SDK, which would hold up the next batches', async (context) => {
  let answer = answering(429, { 'retry-after': '3600' });
  const cdp = await startCdp(context, (response, taken) => answer(response, taken));
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const limited = await target.send(deliveries(2), patience());
  assert.deepEqual(limited, {
    kind: 'judged',
    verdict: { kind: 'retry', status: 429, message: 'cdp answered 429: no (Retry-After: 3600)' },
    retryAfter: '3600',
  });
  answer = answering(503, { 'retry-after': 'Wed, 04 Mar 2026 05:06:07 GMT' });
  const unavailable = await target.send(deliveries(2), patience());
  assert.ok(unavailable.kind === 'judged');
  assert.equal(unavailable.retryAfter, 'Wed, 04 Mar 2026 05:06:07 GMT');
  answer = accept;
  const accepted = await target.send(deliveries(2), patience());
  assert.deepEqual(accepted, {
    kind: 'judged',
    verdict: { kind: 'delivered', status: 200, message: '{"success":true}' },
    retryAfter: undefined,
  });
  assert.equal(cdp.taken.length, 3);
});

test('no answer is tried again by us, not by the SDK: silence, a closed connection, half an answer, a closed port', async (context) => {
  const silence: Answer = () => {};
  const closed: Answer = (response) => response.destroy();
  const half: Answer = (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"success"', () => response.destroy());
  };
  for (const [answer, expected] of [
    [silence, 'retry 504'],
    [closed, 'retry 503'],
    [half, 'retry 503'],
  ] as const) {
    const cdp = await startCdp(context, answer);
    const timeoutMs = answer === silence ? 300 : 20_000;
    const target = openTargets(context, { timeoutMs }).targetOf(targetAt(cdp.url));
    assert.equal(briefly(await target.send(deliveries(2), patience())), expected);
    assert.equal(cdp.taken.length, 1);
  }
  const unreachable = openTargets(context).targetOf(targetAt('http://127.0.0.1:1'));
  const sent = await unreachable.send(deliveries(2), patience());
  assert.equal(briefly(sent), 'retry 503');
  assert.match(messageOf(sent), /^cdp did not answer: /);
});

test('a batch that is given up while it waits for its answer is aborted, and the next one is sent', async (context) => {
  let answer: Answer = () => {};
  const cdp = await startCdp(context, (response, taken) => answer(response, taken));
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const controller = new AbortController();
  const sending = target.send(deliveries(2), controller.signal);
  await until(() => cdp.taken.length === 1, 'the request arrives');
  controller.abort();
  assert.deepEqual(await sending, { kind: 'aborted' });
  answer = accept;
  assert.equal(briefly(await target.send(deliveries(2), patience())), 'delivered 200');
});

test('a batch that is given up before its turn comes is never sent', async (context) => {
  const waiting: ServerResponse[] = [];
  const cdp = await startCdp(context, (response) => waiting.push(response));
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const controller = new AbortController();
  const first = target.send(deliveries(1, 'first'), patience());
  const second = target.send(deliveries(1, 'second'), controller.signal);
  await until(() => waiting.length === 1, 'the first batch arrives');
  controller.abort();
  waiting[0]?.end('OK');
  assert.equal(briefly(await first), 'delivered 200');
  assert.deepEqual(await second, { kind: 'aborted' });
  assert.deepEqual(cdp.taken.flatMap(idsOf), ['first-0']);
});

test('the write key is in no message, even when the answer echoes the request or is cut in the middle of the key', async (context) => {
  const basic = Buffer.from(`${WRITE_KEY}:`).toString('base64');
  const cut = (secret: string) => `${'x'.repeat(4096 - secret.length + 3)}${secret}`;
  const echoes = [
    `${WRITE_KEY} and ${WRITE_KEY}`,
    `authorization: Basic ${basic}`,
    `Basic ${basic.replaceAll('=', '')}.`,
    cut(WRITE_KEY),
    cut(basic),
  ];
  for (const echo of echoes) {
    for (const status of [200, 400, 401, 500]) {
      const cdp = await startCdp(context, answering(status, { 'retry-after': WRITE_KEY }, echo));
      const target = openTargets(context).targetOf(targetAt(cdp.url));
      const text = JSON.stringify(await target.send(deliveries(2), patience()));
      assert.doesNotMatch(
        text,
        new RegExp(`${WRITE_KEY.slice(0, 6)}|${basic.slice(0, 6)}`),
        `${status} ${echo.slice(-60)}`,
      );
      assert.match(text, /\[redacted\]/);
    }
  }
});

test('of a part that takes several requests what was in an accepted one is delivered, and the rest fares as it was answered', async (context) => {
  const cdp = await startCdp(context, (response, taken) => {
    const fails = idsOf(taken).includes('message-0') === failFirst;
    answering(fails ? status : 200, { 'retry-after': '7' })(response, taken);
  });
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  let failFirst = true;
  let status = 200;
  const part = deliveries(target.maxBatchEvents + 2);
  assert.equal(briefly(await target.send(part, patience())), 'delivered 200');
  assert.equal(cdp.taken.length, 2);
  for (failFirst of [true, false]) {
    for (const [failure, expected] of [
      [503, 'retry 503'],
      [413, 'split 413'],
      [400, 'isolate 400'],
      [401, 'failed 401'],
    ] as const) {
      status = failure;
      const sent = await target.send(part, patience());
      assert.equal(briefly(sent), expected);
      assert.ok(sent.kind === 'judged');
      assert.equal(sent.retryAfter, '7');
      const { maxBatchEvents } = target;
      assert.deepEqual(sent.accepted?.part, failFirst ? part.slice(maxBatchEvents) : part.slice(0, maxBatchEvents));
    }
  }
});

test('200 failing batches in a row leave no listeners behind', async (context) => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  context.after(() => process.off('warning', warned));
  const complaint = context.mock.method(console, 'warn', () => {});
  const cdp = await startCdp(context, answering(503, { 'retry-after': '1' }));
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  for (let index = 0; index < 200; index += 1)
    assert.equal(briefly(await target.send(deliveries(2), patience())), 'retry 503');
  assert.equal(cdp.taken.length, 200);
  // Warnings are told in a later turn of the event loop.
  const probe = once(process, 'warning');
  process.emitWarning('probe');
  await probe;
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['probe'],
  );
  assert.equal(complaint.mock.callCount(), 0);
});
