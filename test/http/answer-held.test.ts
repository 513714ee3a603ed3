// What an answer takes is counted while it is made, and until the other side has it; beyond a limit it is not made.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import request from 'supertest';
import { BytesInFlight } from '../../src/http/in-flight.js';
import { createRequestReader } from '../../src/http/request-reader.js';
import { ResponseWriter } from '../../src/http/response-writer.js';
import { sendJsonBytes } from '../../src/http/send-response.js';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';

const MB = 1024 * 1024;

test('an answer is held until it has been read, or its reader has left', async (context) => {
  const inFlight = new BytesInFlight(100 * MB);
  const reader = createRequestReader(MB, inFlight);
  let answered = () => {};
  const isAnswered = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const server = await serve(async (incoming, response) => {
    await reader.withBody(incoming, async (body) => {
      const writer = new ResponseWriter(body.answerTo(response));
      writer.add(JSON.stringify('x'.repeat(32 * MB)));
      sendJsonBytes(response, 200, writer.finish());
    });
    answered();
  });
  context.after(() => server.close());
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {}).pause();
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
  await isAnswered;
  assert.equal(inFlight.bytes, 32 * MB + 2, 'of the body nothing, of the answer all');
  assert.equal(inFlight.heapBytes, 0);
  socket.destroy();
  await once(socket, 'close');
  while (inFlight.bytes > 0) await new Promise(setImmediate);
});

test('few bytes cannot ask for an answer that is larger than a body may be', async () => {
  const { handler } = testApp({ environment: { MAX_BODY_BYTES: '2000000' } });
  const destination = { ID: 'd', Config: {}, more: 'x'.repeat(900_000) };
  const input = (count: number) => ({
    input: Array.from({ length: count }, () => ({ message: { type: 'none' }, metadata: { destinationId: 'd' } })),
    destType: 'statsig',
    destinations: { d: destination },
  });
  for (const body of [JSON.stringify(input(100)), ` ${JSON.stringify(input(100))}`]) {
    const response = await request(handler)
      .post('/routerTransform')
      .set('x-content-format', 'json+compactedv1')
      .set('content-type', 'application/json')
      .send(body);
    assert.equal(response.status, 413);
    assert.equal(response.body.error, 'ANSWER_TOO_LARGE');
  }
  const few = await request(handler)
    .post('/routerTransform')
    .set('x-content-format', 'json+compactedv1')
    .send(input(10));
  assert.equal(few.status, 200);
});
