// Real HTTP on loopback for tests: servers on free ports and a client that hides nothing.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Loopback<S extends SocketServer> {
  readonly server: S;
  readonly port: number;
  readonly url: string;
  /** Stops listening and ends all connections. */
  readonly close: () => Promise<void>;
}

async function start<S extends SocketServer>(server: S, port: number, end: () => void): Promise<Loopback<S>> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    end();
    await closed;
  };
  return { server, port: address.port, url: `http://127.0.0.1:${address.port}`, close };
}

/** An HTTP server on loopback; on a free port unless one is given. */
export function serve(listener: RequestListener, port = 0): Promise<Loopback<Server>> {
  const server = createServer(listener);
  return start(server, port, () => server.closeAllConnections());
}

/** A server that answers the head of each request with these very bytes and closes the connection. */
export function serveBytes(bytes: string | Buffer): Promise<Loopback<SocketServer>> {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  });
  return start(server, 0, () => {});
}

/** The sha256 of a stream, and its length in bytes. */
export async function digest(message: Readable): Promise<{ sha256: string; length: number }> {
  const hash = createHash('sha256');
  let length = 0;
  await pipeline(message, async (chunks) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      length += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), length };
}

/**
 * Sends one request over a connection of its own; resolves with the head of the answer. `headers` go out as they are, names and values in turn,
 * after a Host unless they hold one. A body that is a stream may be cut short by the other side.
 */
export async function send(
  port: number,
  method: string,
  path: string,
  headers: readonly string[] = [],
  body: Buffer | Readable = Buffer.alloc(0),
): Promise<IncomingMessage> {
  const hasHost = headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: false,
    headers: [...(hasHost ? [] : ['Host', 'transformer.example']), ...headers],
  });
  const answered = once(outgoing, 'response');
  if (Buffer.isBuffer(body)) outgoing.end(body);
  else body.pipe(outgoing);
  const [answer] = await answered;
  return answer;
}
