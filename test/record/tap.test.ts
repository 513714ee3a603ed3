// What passes the recorder is what would pass without it: bodies of every form, connections, and their ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { SeenExchange } from '../../src/record/exchange.js';
import { startTap, type Unkept } from '../../src/record/tap.js';
import { freePort } from '../../testkit/free-port.js';
import { send, serve } from '../../testkit/loopback.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function startBetween(context: TestContext, listener: Listener) {
  const server = await serve(listener);
  const kept: SeenExchange[] = [];
  const unkept: Unkept[] = [];
  let onEnd = () => {};
  const tap = await startTap({
    to: server.url,
    port: 0,
    watch: () => ({
      kept(seen) {
        kept.push(seen);
        onEnd();
      },
      unkept(why) {
        unkept.push(why);
        onEnd();
      },
    }),
  });
  context.after(tap.close);
  context.after(server.close);
  const ended = async (count: number) => {
    while (kept.length + unkept.length < count) {
      await new Promise<void>((resolve) => {
        onEnd = resolve;
      });
    }
  };
  return { server, kept, unkept, ended, port: Number(new URL(tap.url).port) };
}

/** Answers with what came. */
const echo: Listener = async (asked, response) => {
  const bytes = await buffer(asked);
  response.writeHead(201, 'Made', ['X-Twice', 'a', 'X-Twice', 'b', 'Content-Type', 'text/odd']);
  response.end(
    JSON.stringify({ method: asked.method, url: asked.url, raw: asked.rawHeaders, body: bytes.toString('base64') }),
  );
};

test('method, target, headers and body pass to the letter, and are kept as they passed', async (context) => {
  const { port, kept, ended } = await startBetween(context, echo);
  const body = gzipSync('{"ä": "\\u00e4"}');
  const headers = [
    'X-Odd-Case',
    '1',
    'x-odd-case',
    '2',
    'Content-Encoding',
    'gzip',
    'Content-Length',
    String(body.length),
  ];
  const answer = await send(port, 'PATCH', '/a//b%2f?c=%20&d', headers, body);
  const seen = JSON.parse(await text(answer));
  await ended(1);
  assert.equal(answer.statusCode, 201);
  assert.equal(answer.statusMessage, 'Made');
  assert.deepEqual(answer.headersDistinct['x-twice'], ['a', 'b']);
  assert.deepEqual([seen.method, seen.url, seen.body], ['PATCH', '/a//b%2f?c=%20&d', body.toString('base64')]);
  for (const name of ['X-Odd-Case', 'x-odd-case', 'transformer.example']) assert.ok(seen.raw.includes(name), name);
  assert.deepEqual(kept[0]?.request.bytes, body);
  assert.equal(kept[0]?.response.status, 201);
});

test('a request without a body has none behind it, and chunks stay chunks', async (context) => {
  const { port } = await startBetween(context, echo);
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
    const answer = await send(port, method, '/');
    const raw: string[] = method === 'HEAD' ? [] : JSON.parse(await text(answer)).raw;
    assert.ok(!raw.some((name) => /^transfer-encoding$|^content-length$/i.test(name)), method);
  }
  const chunked = await send(port, 'POST', '/', ['Transfer-Encoding', 'chunked'], Buffer.from('abc'));
  const { raw, body } = JSON.parse(await text(chunked));
  assert.equal(Buffer.from(body, 'base64').toString(), 'abc');
  assert.ok(raw.includes('chunked'));
});

test('what is streamed arrives piece by piece', async (context) => {
  let last = () => {};
  const { port } = await startBetween(context, (_, response) => {
    response.write('first');
    last = () => response.end('last');
  });
  const answer = await send(port, 'GET', '/');
  const [piece] = await once(answer, 'data');
  assert.equal(String(piece), 'first');
  last();
  assert.equal(await text(answer), 'last');
});

test('one connection of the sender is one connection beyond, for all of its requests', async (context) => {
  const { port, server } = await startBetween(context, echo);
  let connections = 0;
  server.server.on('connection', () => {
    connections += 1;
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  for (let n = 0; n < 3; n += 1) {
    const outgoing = request({ port, agent, path: `/${n}` }).end();
    const [answer] = await once(outgoing, 'response');
    await text(answer);
  }
  assert.equal(connections, 1);
});

test('when the other side closes an idle connection, the sender sees it close', async (context) => {
  const { port, server } = await startBetween(context, echo);
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'data');
  const closed = once(socket.resume(), 'end');
  server.server.closeAllConnections();
  await closed;
  socket.destroy();
});

test('a sender that leaves ends its request beyond, and an answer that breaks off breaks off', async (context) => {
  const gone: Promise<unknown>[] = [];
  let arrived = () => {};
  const { port, unkept, kept, ended } = await startBetween(context, (asked, response) => {
    if (asked.url === '/leaves') {
      gone.push(once(response, 'close'));
      arrived();
      return;
    }
    response.writeHead(200, { 'content-length': '10' }).write('half');
    setImmediate(() => response.destroy());
  });
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const outgoing = request({ port, path: '/leaves', agent: false });
  outgoing.on('error', () => {}).end();
  await isThere;
  outgoing.destroy();
  await Promise.all(gone);
  const broken = await send(port, 'GET', '/breaks');
  await assert.rejects(text(broken));
  await ended(2);
  assert.deepEqual([unkept, kept], [['broken off', 'broken off'], []]);
});

test('where nothing listens, the connection ends as it would', async (context) => {
  const unkept: Unkept[] = [];
  const watch = () => ({ kept() {}, unkept: (why: Unkept) => void unkept.push(why) });
  const tap = await startTap({ to: `http://127.0.0.1:${await freePort()}`, port: 0, watch });
  context.after(tap.close);
  await assert.rejects(send(Number(new URL(tap.url).port), 'GET', '/'));
  assert.deepEqual(unkept, ['broken off']);
});

test('a body that is longer than what is kept passes whole', async (context) => {
  const { port, unkept, ended } = await startBetween(context, async (asked, response) => {
    response.end(String((await buffer(asked)).length));
  });
  const bytes = 3 * 1024 * 1024;
  const answer = await send(port, 'POST', '/', ['Content-Length', String(bytes)], Buffer.alloc(bytes));
  assert.equal(await text(answer), String(bytes));
  await ended(1);
  assert.deepEqual(unkept, ['too large']);
});

test('a request of HTTP/1.0 needs no Host, as health checks of proxies have none', async (context) => {
  const { port, kept, ended } = await startBetween(context, (_, response) => void response.end('well'));
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /readyz HTTP/1.0\r\n\r\n');
  const [head = '', body] = (await text(socket)).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.equal(body, 'well');
  await ended(1);
  assert.deepEqual(kept[0]?.request.rawHeaders, []);
});
