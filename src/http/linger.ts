// Lets senders that are still writing read their answer.

import type { ServerResponse } from 'node:http';

/** How much of the rest of a request is read. */
interface Patience {
  /** Milliseconds from the answer on. */
  readonly ms: number;
  readonly bytes: number;
}

/** Enough for a body of the largest size that is announced by mistake. */
const PATIENCE: Patience = { ms: 10_000, bytes: 512 * 1024 * 1024 };

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
  let left = patience.bytes;
  const timer = setTimeout(end, patience.ms);
  function end(): void {
    clearTimeout(timer);
    request.off('data', discard).off('end', end).off('close', end);
    response.end();
  }
  function discard(chunk: Buffer): void {
    left -= chunk.length;
    if (left < 0) end();
  }
  response.write(bytes);
  request.on('data', discard).on('end', end).on('close', end).resume();
}
