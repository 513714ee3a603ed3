// Stands between rudder-server and the plugin and looks at the requests that pass.

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

/** Starts a relay to a plugin on a free loopback port. */
export async function startRelay(pluginUrl: string): Promise<Relay> {
  const requests: RelayedRequest[] = [];
  const { url, close } = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, url: path = '', headers } = incoming;
    requests.push({ path, headers, body: body.toString() });
    const outgoing = sendRequest(pluginUrl + path, { method, headers, agent: false });
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    });
    outgoing.end(body);
  });
  return { url, requests, close };
}
