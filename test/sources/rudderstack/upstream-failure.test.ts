// When the stock transformer fails, rudder-server learns to ask again, and never takes half an answer for a whole one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { PluginError } from '../../../src/base/errors.js';
import { createVia } from '../../../src/http/via.js';
import { createUpstream } from '../../../src/sources/rudderstack/upstream.js';
import { digest, send, serve, serveBytes } from '../../../testkit/loopback.js';
import { serveFront, serveUpstream } from '../../../testkit/upstream.js';

/** An address without a listener. */
async function deadUrl(): Promise<string> {
  const { url, close } = await serve(() => {});
  await close();
  return url;
}

function assertUnreachable(rejections: readonly unknown[]): void {
  assert.equal(rejections.length, 1);
  const [error] = rejections;
  assert.ok(error instanceof PluginError);
  assert.equal(error.code, 'UPSTREAM_UNREACHABLE');
  assert.equal(error.retryable, true);
}

describe('an upstream that fails before it answers', () => {
  it('is reported when it refuses connections', async (context) => {
    const front = await serveFront(context, await deadUrl());
    const answer = await send(front.port, 'POST', '/v0/validate', ['Content-Length', '2'], Buffer.from('[]'));
    assert.equal(answer.statusCode, 503);
    assertUnreachable(front.rejections);
    assert.deepEqual(front.outcomes, ['unreachable']);
    assert.match(front.errors[0]?.message ?? '', /ECONNREFUSED/);
  });

  it('is reported to a client that reads only after it has sent everything', async (context) => {
    const front = await serveFront(context, await deadUrl());
    const body = Buffer.alloc(20_000_000);
    const outgoing = request({
      host: '127.0.0.1',
      port: front.port,
      method: 'POST',
      headers: { 'Content-Length': body.length },
    });
    const answered = once(outgoing, 'response');
    const arrived = once(front.server, 'request');
    outgoing.end(body);
    const [incoming] = await arrived;
    await once(incoming, 'end', { signal: AbortSignal.timeout(20_000) });
    const [answer] = await answered;
    assert.equal(answer.statusCode, 503);
    await digest(answer);
    assertUnreachable(front.rejections);
  });

  it('is reported when a body was read before', async (context) => {
    const front = await serveFront(context, await deadUrl(), { read: true });
    const answer = await send(front.port, 'POST', '/batch', ['Content-Length', '2'], Buffer.from('[]'));
    assert.equal(answer.statusCode, 503);
    assertUnreachable(front.rejections);
  });

  for (const [title, bytes] of [
    ['hangs up', ''],
    ['hangs up in the middle of the head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ] as const) {
    it(`is reported when it ${title}`, async (context) => {
      const upstream = await serveBytes(bytes);
      context.after(upstream.close);
      const front = await serveFront(context, upstream.url);
      const answer = await send(front.port, 'POST', '/v0/validate', ['Content-Length', '2'], Buffer.from('[]'));
      assert.equal(answer.statusCode, 503);
      assertUnreachable(front.rejections);
      assert.deepEqual(front.outcomes, ['unreachable']);
    });
  }
});

describe('an answer that breaks off', () => {
  for (const [title, bytes] of [
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"statusCode":200'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n'],
  ] as const) {
    it(`${title} ends the connection of the client`, async (context) => {
      const upstream = await serveBytes(bytes);
      context.after(upstream.close);
      const front = await serveFront(context, upstream.url);
      const answer = await send(front.port, 'GET', '/');
      assert.equal(answer.statusCode, 200);
      await assert.rejects(digest(answer), { code: 'ECONNRESET' });
      await Promise.all(front.settled);
      assert.deepEqual(front.outcomes, ['broken']);
      assert.equal(front.errors.length, 1);
      assert.deepEqual(front.rejections, []);
    });
  }

  it('before it began, with a status that does not exist, ends the connection of the client', async (context) => {
    const upstream = await serveBytes('HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n');
    context.after(upstream.close);
    const front = await serveFront(context, upstream.url);
    await assert.rejects(send(front.port, 'GET', '/'), { code: 'ECONNRESET' });
    await Promise.all(front.settled);
    assert.deepEqual(front.outcomes, ['broken']);
  });
});

describe('a client that goes away', () => {
  it('ends the request to the upstream while that works on the answer', async (context) => {
    const upstream = await serveUpstream(context, () => {});
    const arrived = once(upstream.server, 'request');
    const front = await serveFront(context, upstream.url);
    const outgoing = request({ host: '127.0.0.1', port: front.port, method: 'POST', headers: { 'Content-Length': 2 } });
    outgoing.on('error', () => {});
    outgoing.end('[]');
    const [, response] = await arrived;
    outgoing.destroy();
    await once(response, 'close');
    await Promise.all(front.settled);
    assert.deepEqual([front.outcomes, front.rejections, front.errors], [[], [], []]);
  });

  it('ends the request to the upstream in the middle of the body', async (context) => {
    const upstream = await serveUpstream(context, () => {});
    const arrived = once(upstream.server, 'request');
    const front = await serveFront(context, upstream.url);
    const outgoing = request({
      host: '127.0.0.1',
      port: front.port,
      method: 'POST',
      headers: { 'Content-Length': 100 },
    });
    outgoing.on('error', () => {});
    outgoing.write('[');
    const [incoming] = await arrived;
    const ended = assert.rejects(digest(incoming), { code: 'ECONNRESET' });
    outgoing.destroy();
    await ended;
    await Promise.all(front.settled);
    assert.deepEqual([front.outcomes, front.rejections, front.errors], [[], [], []]);
  });

  it('ends the answer of the upstream', async (context) => {
    const upstream = await serveUpstream(context, (_incoming, response) => {
      response.write('[');
    });
    const arrived = once(upstream.server, 'request');
    const front = await serveFront(context, upstream.url);
    const answer = await send(front.port, 'GET', '/');
    answer.on('error', () => {});
    answer.destroy();
    const [, response] = await arrived;
    await once(response, 'close');
    await Promise.all(front.settled);
    assert.deepEqual([front.outcomes, front.rejections, front.errors], [[], [], []]);
  });

  it('is not forwarded once it has gone', async (context) => {
    let requests = 0;
    const upstream = await serveUpstream(context, (_incoming, response) => {
      requests += 1;
      response.end();
    });
    const forwarding = createUpstream({ url: upstream.url, via: createVia() });
    const front = await serveUpstream(context, (incoming) => incoming.socket.destroy());
    const arrived = once(front.server, 'request');
    await assert.rejects(send(front.port, 'GET', '/'), { code: 'ECONNRESET' });
    const [incoming, response] = await arrived;
    if (!response.closed) await once(response, 'close');
    await forwarding.forward(incoming, response);
    assert.equal(requests, 0);
  });
});

it('never sends a request over a connection that the upstream may be closing', async (context) => {
  const ports: (number | undefined)[] = [];
  const upstream = await serveUpstream(context, async (incoming, response) => {
    ports.push(incoming.socket.remotePort);
    await digest(incoming);
    response.shouldKeepAlive = true;
    response.end('ok', () => setImmediate(() => incoming.socket.destroy()));
  });
  const front = await serveFront(context, upstream.url);
  for (let i = 0; i < 50; i++) {
    const answer = await send(front.port, 'POST', '/', ['Transfer-Encoding', 'chunked'], Buffer.from('[]'));
    assert.equal(answer.statusCode, 200);
    await digest(answer);
  }
  assert.equal(new Set(ports).size, 50);
  assert.deepEqual(new Set(front.outcomes), new Set(['forwarded']));
});
