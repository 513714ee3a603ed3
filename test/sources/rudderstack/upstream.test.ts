// What goes through to the stock transformer arrives there, and comes back, as if nothing stood between.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { createVia } from '../../../src/http/via.js';
import { createUpstream } from '../../../src/sources/rudderstack/upstream.js';
import { digest, send } from '../../../testkit/loopback.js';
import { serveFront, serveUpstream } from '../../../testkit/upstream.js';
import { EXCHANGES } from '../../../testkit/upstream-exchanges.js';

/** Headers of the connection, and the host: those must differ. */
const NOT_COMPARED = new Set(['host', 'via', 'connection', 'keep-alive', 'transfer-encoding']);

/** Names as written and values, in an order that keeps that of repeated headers. */
function comparable(rawHeaders: readonly string[]): string[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return pairs
    .filter(([name]) => !NOT_COMPARED.has(name.toLowerCase()))
    .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0))
    .map(([name, value]) => `${name}: ${value}`);
}

async function describeRequest(message: IncomingMessage) {
  const { method, url, rawHeaders } = message;
  return { method, url, headers: comparable(rawHeaders), ...(await digest(message)) };
}

async function describeAnswer(message: IncomingMessage) {
  const { statusCode, statusMessage, rawHeaders } = message;
  return { statusCode, statusMessage, headers: comparable(rawHeaders), ...(await digest(message)) };
}

const BODY = Buffer.from('[1]');

describe('what is forwarded', () => {
  for (const { title, method = 'POST', path = '/v0/validate', headers = [], body, answer, read = false } of EXCHANGES) {
    it(`passes ${title} and its answer unchanged`, async (context) => {
      const arrived: object[] = [];
      const upstream = await serveUpstream(context, async (incoming, response) => {
        arrived.push(await describeRequest(incoming));
        response.sendDate = false;
        if (answer === undefined) response.end('ok');
        else answer(response);
      });
      const front = await serveFront(context, upstream.url, { read });

      const straight = await describeAnswer(await send(upstream.port, method, path, headers, body?.()));
      const forwarded = await describeAnswer(await send(front.port, method, path, headers, body?.()));

      assert.deepEqual(forwarded, straight);
      assert.equal(arrived.length, 2);
      assert.deepEqual(arrived[1], arrived[0]);
      await Promise.all(front.settled);
      assert.deepEqual(front.outcomes, ['forwarded']);
    });
  }

  it('adds no header of its own but its name in Via, and drops those of the connection but not the length', async (context) => {
    const via = createVia();
    const seen: string[] = [];
    const upstream = await serveUpstream(context, async (incoming, response) => {
      seen.push(...incoming.rawHeaders, (await digest(incoming)).length.toString());
      response.sendDate = false;
      response
        .writeHead(200, ['X-Owner', 'upstream', 'Connection', 'X-Hop', 'X-Hop', '1', 'Content-Length', '0'])
        .end();
    });
    const front = await serveFront(context, upstream.url, { via });
    const socket = connect(front.port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: transformer.example\r\nConnection: X-Hop, Content-Length, close\r\nX-Hop: 1\r\n',
    );
    socket.write('TE: trailers\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\n[]');
    const answer = await text(socket);
    const own = ['Host', `127.0.0.1:${upstream.port}`, 'Connection', 'close', 'Content-Length', '2'];
    assert.deepEqual(seen, [...own, 'Via', via.header(), '2']);
    assert.equal(answer, 'HTTP/1.1 200 OK\r\nX-Owner: upstream\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });

  it('replaces headers that were set on the response before', async (context) => {
    const upstream = await serveUpstream(context, (_incoming, response) =>
      response.writeHead(200, ['X-Owner', 'upstream']).end(),
    );
    const forwarding = createUpstream({ url: upstream.url, via: createVia() });
    const front = await serveUpstream(context, (incoming, response) => {
      response.setHeader('X-Powered-By', 'front');
      response.setHeader('x-owner', 'front');
      void forwarding.forward(incoming, response);
    });
    const answer = await send(front.port, 'GET', '/');
    assert.equal(answer.headers['x-owner'], 'upstream');
    assert.equal(answer.headers['x-powered-by'], undefined);
  });

  it('lets a client that asks first send its body', async (context) => {
    const upstream = await serveUpstream(context, async (incoming, response) =>
      response.end(`${incoming.headers.expect} ${(await digest(incoming)).length}`),
    );
    const front = await serveFront(context, upstream.url);
    const outgoing = request({
      port: front.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': BODY.length },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end(BODY);
    const [answer] = await once(outgoing, 'response');
    assert.equal(await text(answer), `undefined ${BODY.length}`);
  });

  for (const [base, expected] of [
    ['', '/a?b=/c'],
    ['/', '/a?b=/c'],
    ['/base', '/base/a?b=/c'],
    ['/base//', '/base/a?b=/c'],
  ]) {
    it(`joins paths to the base path "${base}"`, async (context) => {
      const upstream = await serveUpstream(context, (incoming, response) => response.end(incoming.url));
      const front = await serveFront(context, upstream.url + base);
      assert.equal(await text(await send(front.port, 'GET', '/a?b=/c')), expected);
    });
  }

  for (const url of [
    'transformer:9090',
    'not a url',
    'ftp://transformer',
    'http://user:word@transformer',
    'http://word@transformer',
    'http://transformer/?a',
    'http://transformer/#a',
  ]) {
    it(`refuses the address ${url}`, () => {
      assert.throws(
        () => createUpstream({ url, via: createVia() }),
        (error: Error) => /^UPSTREAM_TRANSFORMER_URL must /.test(error.message) && !error.message.includes('word'),
      );
    });
  }
});
