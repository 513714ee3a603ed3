// Writes answers. Express's own `res.json` would serialise again and hash the body for an ETag that no one reads.

import type { ServerResponse } from 'node:http';
import type { PluginError } from '../base/errors.js';
import { type ErrorText, plainErrorText } from './error-text.js';
import { endWhenRead } from './linger.js';

/** Sends JSON text with the headers already set on the response. */
export function sendJsonText(response: ServerResponse, status: number, text: string): void {
  sendJsonBytes(response, status, [Buffer.from(text)]);
}

/** Sends JSON as bytes, which may come in pieces, with the headers already set on the response. */
export function sendJsonBytes(response: ServerResponse, status: number, pieces: readonly Buffer[]): void {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', length);
  for (let i = 0; i < pieces.length - 1; i++) response.write(pieces[i]);
  endWhenRead(response, pieces.at(-1));
}

/**
 * Answers a request that cannot be served. When the fault or the limit is ours, the headers make rudder-server keep the events and ask again for as long as it takes
 * (rudder-server, `X-Rudder-Should-Retry`).
 *
 * @param errorText the words of the route
 */
export function sendError(response: ServerResponse, error: PluginError, errorText: ErrorText = plainErrorText): void {
  if (error.retryable) {
    response.setHeader('X-Rudder-Should-Retry', 'true');
    response.setHeader('X-Rudder-Error-Reason', error.code.toLowerCase());
    response.setHeader('Retry-After', '1');
  }
  // There is an end to how much of a refused body is read: then the connection cannot be used again.
  if (error.code === 'BODY_TOO_LARGE' || error.code === 'OVERLOADED') response.setHeader('Connection', 'close');
  sendJsonText(response, error.status, errorText(error));
}
