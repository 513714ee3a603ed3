// How much of an answer is read.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { post } from '../src/delivery/post.js';
import { serve } from './support/loopback.js';

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
  const answer = await post({ url: server.url, headers: new Headers(), body: '{}', timeoutMs: 60_000 });
  assert.deepEqual(answer, { kind: 'answered', status: 200, body: 'x'.repeat(4096), retryAfter: undefined });
  assert.ok(sent < ENDLESS_BYTES, 'the sender was told to stop');
});
