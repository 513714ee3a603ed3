// Bytes of bodies: as they come and as they are unpacked, no more are held than may be.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { PluginError } from '../../src/base/errors.js';
import { decodeBody } from '../../src/http/body.js';
import { limitBySetting } from '../../src/http/body-limit.js';
import { ByteCollector } from '../../src/http/byte-collector.js';
import { BytesInFlight } from '../../src/http/in-flight.js';
import { createRequestReader } from '../../src/http/request-reader.js';
import { sendError, sendJsonText } from '../../src/http/send-response.js';
import { send, serve } from '../../testkit/loopback.js';

const MB = 1_000_000;

interface Rig {
  readonly port: number;
  readonly inFlight: BytesInFlight;
  /** The most bytes held so far. */
  readonly most: () => number;
  /** Lets the requests be answered that have been unpacked. */
  readonly answer: () => void;
  /** Resolves when so many bytes are held. */
  readonly whenHeld: (bytes: number) => Promise<void>;
}

/** Answers each body with its length, but only when it is told to. */
async function startReading(context: TestContext, maxBytes: number, limit: number): Promise<Rig> {
  let most = 0;
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const inFlight = new BytesInFlight(limit);
  const reader = createRequestReader(maxBytes, inFlight);
  const server = await serve(async (request, response) => {
    // After the reader's own listener.
    setImmediate(() => request.on('data', () => (most = Math.max(most, inFlight.bytes))));
    try {
      await reader.withBody(request, async (body) => {
        const { length } = await body.bytes();
        most = Math.max(most, inFlight.bytes);
        await answered;
        sendJsonText(response, 200, String(length));
      });
    } catch (error) {
      most = Math.max(most, inFlight.bytes);
      sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL'));
    }
  });
  context.after(() => server.close());
  return {
    port: server.port,
    inFlight,
    most: () => most,
    answer,
    async whenHeld(bytes) {
      while (inFlight.bytes < bytes) await new Promise(setImmediate);
    },
  };
}

function post(port: number, body: Buffer, headers: readonly string[] = []) {
  return send(port, 'POST', '/', ['Content-Length', String(body.length), ...headers], body);
}

/** Opens a connection and writes bytes that are no whole request. */
async function begin(context: TestContext, port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

test('gzip bodies at once pass the limit by no more than one body, and a refused sender may retry', async (context) => {
  const rig = await startReading(context, 4 * MB, 8 * MB);
  const bomb = gzipSync(Buffer.alloc(4 * MB, ' '));
  const answers = Array.from({ length: 12 }, () => post(rig.port, bomb, ['Content-Encoding', 'gzip']));
  const refused = await Promise.race(answers);
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['x-rudder-should-retry'], 'true');
  rig.answer();
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  assert.ok(rig.most() <= 12 * MB, `${rig.most()} bytes held`);
  assert.ok(statuses.includes(200), `${statuses}`);
  assert.equal(rig.inFlight.bytes, 0);
});

test('a request alone is let in up to the limit of a body, packed or not', async (context) => {
  const rig = await startReading(context, 4 * MB, 1 * MB);
  rig.answer();
  const bytes = Buffer.alloc(4 * MB, ' ');
  for (const [encoding, packed] of [
    ['identity', bytes],
    ['gzip', gzipSync(bytes)],
    ['deflate', deflateSync(bytes)],
    ['br', brotliCompressSync(bytes)],
  ] as const) {
    const answer = await post(rig.port, packed, ['Content-Encoding', encoding]);
    assert.equal(await readText(answer), String(bytes.length), encoding);
  }
});

test('bytes that were not announced count as they come', async (context) => {
  const rig = await startReading(context, 4 * MB, 2 * MB);
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = `${(1.5 * MB).toString(16)}\r\n${' '.repeat(1.5 * MB)}\r\n`;
  const first = await begin(context, rig.port, head + chunk);
  await rig.whenHeld(1.5 * MB);
  const second = await begin(context, rig.port, head + chunk);
  const [answer] = await once(second, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 503 /);
  assert.ok(rig.most() <= 2 * MB, `${rig.most()} bytes held`);
  first.write('0\r\n\r\n');
  rig.answer();
  assert.match(String((await once(first, 'data'))[0]), /^HTTP\/1\.1 200 /);
});

test('bytes that are announced and never sent keep no request out', async (context) => {
  const rig = await startReading(context, 4 * MB, 2 * MB);
  rig.answer();
  for (let count = 0; count < 20; count++)
    await begin(context, rig.port, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MB}\r\n\r\n `);
  await rig.whenHeld(20);
  const answer = await post(rig.port, Buffer.alloc(MB, ' '));
  assert.equal(answer.statusCode, 200);
});

test('a body that is too large is refused for what it announces, and one that would not fit before it is sent', async (context) => {
  const rig = await startReading(context, 4 * MB, 2 * MB);
  const tooLarge = await begin(
    context,
    rig.port,
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * MB + 1}\r\n\r\n`,
  );
  assert.match(String((await once(tooLarge, 'data'))[0]), /^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s);
  await begin(context, rig.port, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MB}\r\n\r\n${' '.repeat(MB - 1)}`);
  await rig.whenHeld(MB - 1);
  const unfit = await begin(context, rig.port, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 * MB}\r\n\r\n`);
  assert.match(String((await once(unfit, 'data'))[0]), /^HTTP\/1\.1 503 .*OVERLOADED/s);
});

test('bodies of all sizes of chunks come whole', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  for (const sizes of [[300_000], [1], [1023, 1024], [1, 5000, 70_000]]) {
    const collector = new ByteCollector();
    for (let from = 0, turn = 0; from < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      collector.add(bytes.subarray(from, from + size));
      from += size;
    }
    assert.equal(collector.length, bytes.length);
    assert.ok(collector.bytes().equals(bytes), `${sizes}`);
  }
  assert.equal(new ByteCollector().bytes().length, 0);
});

test('a body that comes byte by byte takes little more than its bytes', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const bytes = Buffer.alloc(MB, ' ');
  const collector = new ByteCollector();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < bytes.length; at++) collector.add(bytes.subarray(at, at + 1));
  collectGarbage();
  const bytesEach = (process.memoryUsage().heapUsed - before) / bytes.length;
  assert.ok(bytesEach < 10, `${bytesEach} bytes of heap for each`);
  assert.equal(collector.bytes().length, bytes.length);
});

test('an encoding that is broken, cut off or not known is said so', async () => {
  const packed = gzipSync('[]'.padEnd(1000));
  const code = (raw: Buffer, encoding: string) =>
    decodeBody(raw, encoding, limitBySetting('X', MB)).then(String, ({ code }) => code);
  assert.equal(await code(packed.subarray(0, 20), 'gzip'), 'ENCODING_BROKEN');
  assert.equal(await code(Buffer.from('no gzip at all'), 'gzip'), 'ENCODING_BROKEN');
  assert.equal(await code(Buffer.alloc(0), 'gzip'), 'ENCODING_BROKEN');
  assert.equal(await code(packed, 'gzip, gzip'), 'ENCODING_UNSUPPORTED');
  assert.equal(await code(packed, 'toString'), 'ENCODING_UNSUPPORTED');
  assert.equal((await code(packed, ' GZIP ')).trim(), '[]');
});
