// What Node refuses before it is a request is answered as Node does, counted on both ports, and told once per code: bytes alone cannot flood the log.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { UnreadableCode } from '../../src/base/errors.js';
import { endWhenRead } from '../../src/http/linger.js';
import { watchUnreadable } from '../../src/http/unreadable.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { startHere } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

/** Writes bytes and reads until the connection ends. */
async function converse(url: string, bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const CHUNKED = 'POST /v1/track HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';
const SECRET = 'secret-of-someone';

/** What comes, Node's answer where no route has begun its own, and the code of each. */
const CASES: readonly (readonly [bytes: string | Buffer, status: number | undefined, code: UnreadableCode])[] = [
  [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), 400, 'HTTP_INVALID'],
  [`${SECRET} /${SECRET} HTTP/1.1\r\n${SECRET}: a\r\n\r\n`, 400, 'HTTP_INVALID'],
  [`GET /healthz HTTP/1.1\r\nHost: a\r\n${SECRET} \r\n\r\n`, 400, 'HTTP_INVALID'],
  [`${CHUNKED}Content-Length: 4\r\n\r\n`, 400, 'HTTP_INVALID'],
  [`GET /${SECRET} HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  [`CONNECT ${SECRET}:443 HTTP/1.1\r\nHost: a\r\n\r\n`, 405, 'CONNECT_REFUSED'],
  [`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: ${SECRET}\r\n\r\n`, undefined, 'EXPECTATION_UNKNOWN'],
  [`${CHUNKED}\r\n1;${'x'.repeat(20_000)}\r\n`, undefined, 'CHUNK_EXTENSIONS_TOO_LARGE'],
];

const ROUNDS = 5;

async function start(context: TestContext) {
  const server = await startHere({ PUBLIC_PORT: '0' });
  context.after(() => server.stop());
  return server;
}

test('each is counted by its code, on both ports, and the first of a row is told, without a byte of what came', async (context) => {
  const { url, publicUrl, lines } = await start(context);
  const expected = new Map<UnreadableCode, number>();
  for (const [bytes, status, code] of CASES) {
    for (const at of [url, publicUrl]) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const answer = await converse(at, bytes);
        if (status !== undefined)
          assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\nConnection: close\\r\\n\\r\\n$`));
        expected.set(code, (expected.get(code) ?? 0) + 1);
      }
    }
  }
  const samples = await (await fetch(`${url}/metrics`)).text();
  const counted = (labels: Readonly<Record<string, string>>) =>
    sumSamples(samples, 'statsig_cdp_refused_total', { route: 'none', ...labels });
  for (const [code, times] of expected) assert.equal(counted({ code }), times, code);
  const told = lines.filter((line) => line.includes('"route":"none"'));
  assert.equal(told.length, expected.size, 'a line per code');
  assert.match(told[0] ?? '', /"code":"HTTP_INVALID".*it begins as TLS/);
  assert.doesNotMatch(lines.join() + samples, new RegExp(SECRET));
});

test('a head that comes too slowly is one, and a connection that breaks off is none', async (context) => {
  const told: UnreadableCode[] = [];
  const server = createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 10 });
  watchUnreadable(server, (code) => told.push(code));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.match(await converse(`http://127.0.0.1:${port}`, 'GET /'), /^HTTP\/1\.1 408 /);
  assert.deepEqual(told, ['REQUEST_TOO_SLOW']);
  const broken = connect(port, '127.0.0.1');
  const [accepted] = await once(server, 'connection');
  broken.on('error', () => {});
  broken.write('GET /');
  await until(async () => accepted.bytesRead > 0, 'the bytes are read');
  broken.resetAndDestroy();
  await until(async () => accepted.destroyed, 'the server sees it');
  assert.deepEqual(told, ['REQUEST_TOO_SLOW']);
});

/** More than a connection holds: what is not read yet waits in this process. */
const LONG_ANSWER = Buffer.alloc(16 * 1024 * 1024, 'a');

/** Answers that are written when what cannot be read comes. */
const WRITTEN: Readonly<Record<string, readonly [request: string, end: (response: ServerResponse) => void]>> = {
  'whose request is still coming': [`${CHUNKED}\r\n1\r\na\r\n`, (response) => endWhenRead(response, LONG_ANSWER)],
  'whose request is whole': ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', (response) => response.end(LONG_ANSWER)],
};

for (const [name, [request, end]] of Object.entries(WRITTEN))
  test(`an answer ${name} is read to its end when what follows cannot be read, and that is told once`, async (context) => {
    const told: UnreadableCode[] = [];
    const server = createServer((_request, response) => {
      response.writeHead(401, { 'Content-Length': LONG_ANSWER.length });
      end(response);
    });
    watchUnreadable(server, (code) => told.push(code));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    context.after(() => server.close());
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const failures: Error[] = [];
    client.on('error', (error) => failures.push(error));
    client.write(request);
    await once(client, 'readable');
    client.write(`no length\r\n${'x'.repeat(500_000)}`);
    await until(() => told.length > 0, 'the chunk is refused');
    let read = 0;
    client.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    await once(client, 'close');
    assert.ok(read > LONG_ANSWER.length, `${read} bytes of an answer of ${LONG_ANSWER.length}`);
    assert.deepEqual([failures, told], [[], ['HTTP_INVALID']]);
  });
