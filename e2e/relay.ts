// Stands between two programs and looks at the requests that pass.

import { type IncomingHttpHeaders, request as sendRequest } from 'node:http';
import { serve } from '../testkit/loopback.js';

/** A request that passed. */
export interface RelayedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** JSON text. */
  readonly body: string;
}

/** A running relay. */
export interface Relay {
  readonly url: string;
  readonly requests: readonly RelayedRequest[];
  readonly close: () => Promise<void>;
}

/**
 * Starts a relay on a free loopback port.
 *
 * @param targetOf the address that a request to this path goes on to
 * @param alter what becomes of its body
 */
export async function startRelay(
  targetOf: (path: string) => string,
  alter: (path: string, body: string) => string = (_, body) => body,
): Promise<Relay> {
  const requests: RelayedRequest[] = [];
  const { url, close } = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method, url: path = '' } = incoming;
    const body = alter(path, Buffer.concat(chunks).toString());
    const { 'transfer-encoding': _, ...received } = incoming.headers;
    const headers = { ...received, 'content-length': String(Buffer.byteLength(body)) };
    requests.push({ path, headers, body });
    const outgoing = sendRequest(targetOf(path) + path, { method, headers, agent: false });
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    });
    outgoing.end(body);
  });
  return { url, requests, close };
}
