// Lets senders that are still writing read their answer.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How much of the rest of a request is read. */
interface Patience {
  /** Milliseconds from the answer on. */
  readonly ms: number;
  readonly bytes: number;
}

/** Enough for a body of the largest size that is announced by mistake. */
const PATIENCE: Patience = { ms: 10_000, bytes: 512 * 1024 * 1024 };

/** Connections on which an answer is written whose request is still on its way. */
const answered = new WeakSet<Socket>();

/** Connections that are on their way out. */
const leaving = new WeakSet<Socket>();

/** True for a connection that `closeWhenSent` is closing: what comes on it is no request. */
export function isLeaving(socket: Socket): boolean {
  return leaving.has(socket);
}

/**
 * Closes a connection from which nothing can be read any more, once what was written on it is sent and read; where nothing was written, it is left to Node.
 *
 * @returns whether it is closed here; also of one that is being closed
 */
export function closeWhenSent(socket: Socket, patienceMs = PATIENCE.ms): boolean {
  if (isLeaving(socket)) return true;
  if (!answered.has(socket) && socket.writableLength === 0) return false;
  leaving.add(socket);
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  socket.once('close', () => clearTimeout(timer));
  // The other side closes when it has read its answer. To close before would reset the connection while it writes.
  socket.once('end', () => socket.destroy());
  socket.end();
  return true;
}

/** True while some of the request's body is on its way. */
function isArriving({ headers, complete, destroyed }: ServerResponse['req']): boolean {
  if (complete || destroyed) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Sends the last bytes of an answer whose Content-Length is set. They go out at once; but the answer only ends, and with it perhaps the connection, when the
 * request does. A connection that is closed while bytes are arriving is reset, and anyone who sends them loses the answer. What arrives is thrown away;
 * there is an end to it in time and in bytes.
 */
export function endWhenRead(response: ServerResponse, bytes: Buffer | undefined, patience = PATIENCE): void {
  const { req: request } = response;
  if (bytes === undefined || !isArriving(request)) {
    response.end(bytes);
    return;
  }
  const { socket } = request;
  let left = patience.bytes;
  const timer = setTimeout(end, patience.ms);
  function end(): void {
    clearTimeout(timer);
    request.off('data', discard).off('end', end).off('close', end);
    answered.delete(socket);
    response.end();
  }
  function discard(chunk: Buffer): void {
    left -= chunk.length;
    if (left < 0) end();
  }
  response.write(bytes);
  answered.add(socket);
  request.on('data', discard).on('end', end).on('close', end).resume();
}
