// Bodies of any size go through to the stock transformer and back without being held in memory.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { digest, send } from '../../../testkit/loopback.js';
import { serveFront, serveUpstream } from '../../../testkit/upstream.js';

const CHUNK = Buffer.alloc(64 * 1024, 'statsig ');
const MEGABYTE = 1024 * 1024;

/** A stream of so many bytes that holds one chunk only. */
function bytes(total: number): Readable {
  return Readable.from(
    (function* () {
      for (let left = total; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
    })(),
    { objectMode: false, highWaterMark: CHUNK.length },
  );
}

/** Waits until the socket takes no more bytes. */
async function stall(socket: Socket): Promise<void> {
  let written = -1;
  while (written !== socket.bytesWritten) {
    written = socket.bytesWritten;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('large bodies', () => {
  it('pass in both directions within a bounded memory', async (context) => {
    const upstream = await serveUpstream(context, (incoming, response) => {
      response.writeHead(200, ['apiVersion', '2']);
      incoming.pipe(response);
    });
    const front = await serveFront(context, upstream.url);
    const total = 50 * MEGABYTE;
    const headers = ['Content-Length', String(total)];
    const expected = await digest(bytes(total));
    await digest(await send(upstream.port, 'POST', '/', headers, bytes(total)));

    const before = process.memoryUsage().rss;
    let peak = before;
    const sampling = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const received = await digest(await send(front.port, 'POST', '/', headers, bytes(total)));
    clearInterval(sampling);

    assert.deepEqual(received, expected);
    assert.ok(peak - before < 40 * MEGABYTE, `grew by ${Math.round((peak - before) / MEGABYTE)} MB`);
  });

  it('are held up at the sender while the upstream does not read', async (context) => {
    const upstream = await serveUpstream(context, () => {});
    const front = await serveFront(context, upstream.url);
    const socket = connect(front.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * MEGABYTE}\r\n\r\n`);
    bytes(1024 * MEGABYTE).pipe(socket);
    await stall(socket);
    assert.ok(socket.bytesWritten < 64 * MEGABYTE, `took ${Math.round(socket.bytesWritten / MEGABYTE)} MB`);
    socket.destroy();
  });

  it('are held up at the upstream while the client does not read', async (context) => {
    let socket: Socket | undefined;
    const upstream = await serveUpstream(context, (incoming, response) => {
      socket = incoming.socket;
      bytes(1024 * MEGABYTE).pipe(response);
    });
    const front = await serveFront(context, upstream.url);
    const answer = await send(front.port, 'GET', '/');
    assert.ok(socket);
    await stall(socket);
    assert.ok(socket.bytesWritten < 64 * MEGABYTE, `gave ${Math.round(socket.bytesWritten / MEGABYTE)} MB`);
    answer.destroy();
  });
});
