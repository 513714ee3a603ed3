// How much of an answer is read.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Secret } from '../../src/base/secret.js';
import { callHttp } from '../../src/call/http-call.js';
import { serve } from '../../testkit/loopback.js';

const CHUNK = Buffer.alloc(65_536, 'x');
const ENDLESS_BYTES = 500_000_000;

test('an answer without end is read to its beginning and then left', async (context) => {
  let sent = 0;
  const server = await serve(async (_request, response) => {
    response.on('error', () => {});
    while (!response.destroyed && sent < ENDLESS_BYTES) {
      sent += CHUNK.length;
      if (!response.write(CHUNK)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  });
  context.after(server.close);
  const answer = await callHttp({ method: 'POST', url: server.url, headers: {}, body: '{}' }, { timeoutMs: 60_000 });
  assert.deepEqual(answer, {
    kind: 'answered',
    status: 200,
    body: 'x'.repeat(65_536),
    rest: 'unread',
    retryAfter: undefined,
  });
  assert.ok(sent < ENDLESS_BYTES, 'the sender was told to stop');
});

test('a character whose bytes come apart on the way is one character', async (context) => {
  const [first, second] = [Buffer.from('key ä').subarray(0, 5), Buffer.from('ä').subarray(1)];
  const server = await serve(async (_request, response) => {
    response.writeHead(400, { 'retry-after': '7' });
    response.write(first);
    // The client, in this very process, has read the first half by then.
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    response.end(second);
  });
  context.after(server.close);
  const answer = await callHttp({ method: 'POST', url: server.url, headers: {} }, { timeoutMs: 60_000 });
  assert.deepEqual(answer, { kind: 'answered', status: 400, body: 'key ä', rest: 'none', retryAfter: '7' });
});

test('a call that was given up, one that takes too long and one without an answer are told apart', async (context) => {
  const server = await serve(() => {});
  context.after(server.close);
  const call = { method: 'POST', url: server.url, headers: {}, body: '{}' } as const;
  const givenUp = { kind: 'unanswered', reason: 'aborted', message: 'the call was given up' };
  assert.deepEqual(await callHttp(call, { timeoutMs: 60_000, signal: AbortSignal.abort() }), givenUp);
  const late = { kind: 'unanswered', reason: 'timeout', message: 'no answer within 50 ms' };
  assert.deepEqual(await callHttp(call, { timeoutMs: 50 }), late);
  const refused = await serve(() => {});
  await refused.close();
  const network = { kind: 'unanswered', reason: 'network', message: 'ECONNREFUSED' };
  assert.deepEqual(await callHttp({ ...call, url: refused.url }, { timeoutMs: 60_000 }), network);
});

test('a secret of the request is not in the answer that repeats it, nor in the error for a header that cannot be sent', async (context) => {
  const server = await serve((request, response) => {
    response.writeHead(403, { 'retry-after': `in ${request.headers['x-key']} s` });
    response.end(`no access for ${request.headers['x-key']}`);
  });
  context.after(server.close);
  const request = (key: string) => ({ method: 'GET', url: server.url, headers: { 'x-key': new Secret(key) } }) as const;
  const answer = await callHttp(request('key-example'), { timeoutMs: 60_000 });
  assert.deepEqual(answer, {
    kind: 'answered',
    status: 403,
    body: 'no access for [redacted]',
    rest: 'none',
    retryAfter: 'in [redacted] s',
  });
  await assert.rejects(callHttp(request('key\nexample'), { timeoutMs: 60_000 }), {
    message: 'The value of the header x-key has characters that no header may have.',
  });
});

test('a body is compressed from the size on that is named', async (context) => {
  const encodings: unknown[] = [];
  const server = await serve((request, response) => {
    encodings.push(request.headers['content-encoding']);
    request.resume().once('end', () => response.end('{}'));
  });
  context.after(server.close);
  const request = (bytes: number) =>
    ({ method: 'POST', url: server.url, headers: {}, body: 'x'.repeat(bytes) }) as const;
  for (const bytes of [99, 100]) await callHttp(request(bytes), { timeoutMs: 60_000, gzipFromBytes: 100 });
  assert.deepEqual(encodings, [undefined, 'gzip']);
});
