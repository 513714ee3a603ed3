// Copies the heads of forwarded requests and answers as they came: names, case, repetitions and values.

import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS } from '../../base/errors.js';
import { endToEndHeaders } from '../../http/end-to-end-headers.js';
import type { Via } from '../../http/via.js';

/** What this process answers to a request that comes back. */
const LOOP = { status: ERRORS.LOOP_DETECTED.status, reason: 'loop_detected' };

/**
 * Gives the outgoing request the headers of the received one.
 *
 * Host becomes the upstream's own, which is what rudder-server would have sent had it been pointed there, and what an
 * ingress in front of the transformer routes by. Via gets the name of this app, by which it knows what comes back. Transfer-Encoding stays where there was one: it says that a body follows.
 */
export function copyRequestHeaders(
  request: IncomingMessage,
  outgoing: ClientRequest,
  authority: string,
  via: Via,
): void {
  const received = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of endToEndHeaders(request.rawHeaders)) {
    const known = received.get(name.toLowerCase());
    if (known === undefined) received.set(name.toLowerCase(), { name, values: [value] });
    else known.values.push(value);
  }
  // Our server has answered `Expect: 100-continue` already; the body is on its way.
  received.delete('expect');
  const encoding = request.headers['transfer-encoding'];
  if (encoding !== undefined) received.set('transfer-encoding', { name: 'Transfer-Encoding', values: [encoding] });
  received.set('host', { name: 'Host', values: [authority] });
  received.set('connection', { name: 'Connection', values: ['close'] });
  received.set('via', { name: 'Via', values: [via.header(request.headers.via)] });

  for (const name of outgoing.getHeaderNames()) if (!received.has(name)) outgoing.removeHeader(name);
  // Removing what is not there keeps Node from adding a length or an encoding to a request that had neither.
  for (const name of ['content-length', 'transfer-encoding']) if (!received.has(name)) outgoing.removeHeader(name);
  for (const { name, values } of received.values()) {
    const [only] = values;
    outgoing.setHeader(name, values.length === 1 && only !== undefined ? only : values);
  }
}

/**
 * The status that the client is answered. 508 of an upstream that leads back here becomes 503: rudder-server keeps events for as long as it takes with 503 alone
 * (`X-Rudder-Should-Retry`); any other status it counts, and its processor ends the whole server after `Processor.maxRetry` of them.
 */
function statusFor({ statusCode = 0, statusMessage = '', headers }: IncomingMessage): [status: number, words: string] {
  const isLoop = statusCode === LOOP.status && headers['x-rudder-error-reason'] === LOOP.reason;
  return isLoop ? [503, 'Service Unavailable'] : [statusCode, statusMessage];
}

/** Sends the head of the upstream's answer to the client; headers that anyone set before give way to it. */
export function copyResponseHead(answer: IncomingMessage, response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.sendDate = false;
  const [status, words] = statusFor(answer);
  response.writeHead(status, words, endToEndHeaders(answer.rawHeaders).flat());
}
