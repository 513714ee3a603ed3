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
 */
export async function startRelay(targetOf: (path: string) => string): Promise<Relay> {
  const requests: RelayedRequest[] = [];
  const { url, close } = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, url: path = '', headers } = incoming;
    requests.push({ path, headers, body: body.toString() });
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
