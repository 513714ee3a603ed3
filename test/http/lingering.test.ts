// Senders that are still writing get to read why they should not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { endWhenRead } from '../../src/http/linger.js';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { element } from '../../testkit/rudderstack.js';

const MB = 1_000_000;

/** Writes all of a request and only then looks for the answer; an error where the connection was reset. */
async function writeThenRead(port: number, head: string, body: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  // As programs do that read when they have written: the system has to keep the answer for them.
  socket.pause();
  const written = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(head);
    socket.write(body, (error) => (error ? reject(error) : resolve()));
  });
  await written;
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.resume();
  await once(socket, 'close');
  return text;
}

function head(path: string, ...lines: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');
}

test('a sender that reads when it has written everything is told that its body is too large', async (context) => {
  const { handler } = testApp({ environment: { MAX_BODY_BYTES: '1000000' } });
  const server = await serve(handler);
  context.after(() => server.close());
  const body = Buffer.alloc(20 * MB, ' ');
  for (const path of ['/v0/destinations/statsig', '/v1/track', '/routerTransform']) {
    const announced = await writeThenRead(server.port, head(path, `Content-Length: ${body.length}`), body);
    assert.match(announced, /^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s, path);
    assert.match(announced, /connection: close/i);
  }
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  const chunked = await writeThenRead(
    server.port,
    head('/v0/destinations/statsig', 'Transfer-Encoding: chunked'),
    chunk,
  );
  assert.match(chunked, /^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s);
});

test('a sender that reads when it has written everything is told to retry', async (context) => {
  const { handler, lifecycle } = testApp({ environment: { MAX_BYTES_IN_FLIGHT: '1000' } });
  const server = await serve(handler);
  context.after(() => server.close());
  const holder = connect(server.port, '127.0.0.1');
  context.after(() => holder.destroy());
  holder.write(head('/v0/destinations/statsig', 'Content-Length: 1001') + ' '.repeat(1000));
  for (;;) {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (/statsig_cdp_bytes_in_flight 1000\n/.test(metrics)) break;
  }
  const body = Buffer.alloc(20 * MB, ' ');
  const refused = head('/v0/destinations/statsig', `Content-Length: ${body.length}`);
  assert.match(await writeThenRead(server.port, refused, body), /^HTTP\/1\.1 503 .*OVERLOADED/s);

  holder.destroy();
  await lifecycle.drain(10_000);
  assert.match(await writeThenRead(server.port, refused, body), /^HTTP\/1\.1 503 .*DRAINING/s);
});

test('a connection can be used again after a refusal that came before the body', async (context) => {
  const server = await serve(testApp().handler);
  context.after(() => server.close());
  const socket = connect(server.port, '127.0.0.1');
  context.after(() => socket.destroy());
  const body = JSON.stringify([element(1)]);
  socket.write(head('/nowhere', `Content-Length: ${5 * MB}`));
  const answers = collect(socket);
  assert.match(await answers(1), /ROUTE_UNKNOWN/);
  socket.write(Buffer.alloc(5 * MB, ' '));
  socket.write(head('/v0/destinations/statsig', `Content-Length: ${body.length}`) + body);
  assert.match(await answers(2), /"statusCode":200/);
});

/** Resolves with what came so far, once it holds so many answers. */
function collect(socket: Socket): (count: number) => Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  return async (count) => {
    while (text.split('HTTP/1.1 ').length <= count || !/[}\]]$/.test(text)) await once(socket, 'data');
    return text;
  };
}

/** Refuses everything at once. */
async function startRefusing(context: TestContext, patience: { ms: number; bytes: number }): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(413, { 'Content-Length': 2, Connection: 'close' });
    endWhenRead(response, Buffer.from('no'), patience);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return server;
}

for (const [what, patience, line] of [
  ['bytes', { ms: 600_000, bytes: 10 * MB }, ' '.repeat(MB)],
  ['time', { ms: 100, bytes: Number.POSITIVE_INFINITY }, ' '],
] as const)
  test(`a sender that never ends is cut off: the limit is in ${what}`, async (context) => {
    const server = await startRefusing(context, patience);
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head('/', `Content-Length: ${1000 * MB}`));
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 413 .*no$/s);
    const writing = setInterval(() => socket.write(line), 5);
    await once(socket, 'close');
    clearInterval(writing);
    assert.ok(socket.bytesWritten < 200 * MB, `${socket.bytesWritten} bytes written`);
  });
