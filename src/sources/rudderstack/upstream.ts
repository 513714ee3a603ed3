// Forwards to the stock transformer whatever this plugin does not own, unchanged both ways.

import { once } from 'node:events';
import { type AgentOptions, Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import { Readable } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { PluginError } from '../../base/errors.js';
import type { Via } from '../../http/via.js';
import { copyRequestHeaders, copyResponseHead } from './upstream-headers.js';
import { readUpstreamUrl } from './upstream-url.js';

/** rudder-server gives up after 600 s of waiting; we must never be the first to. */
const IDLE_TIMEOUT_MS = 660_000;

/**
 * What became of a forwarded request: answered whole; no answer at all; or an answer that broke off.
 * A client that went away before its answer was complete is none of the three.
 */
export type UpstreamOutcome = 'forwarded' | 'unreachable' | 'broken';

export interface UpstreamOptions {
  /** Address of the stock transformer, such as `http://transformer:9090`; may have a base path. */
  readonly url: string;
  /** The name that requests get. */
  readonly via: Via;
  /** For the connections to it, such as `ca` or `maxSockets`. They are never reused, so `keepAlive` is not for choice. */
  readonly agentOptions?: Omit<AgentOptions & HttpsAgentOptions, 'keepAlive'> | undefined;
  /** Told the cause of each `unreachable` and `broken`, for the log. */
  readonly onError?: ((error: Error, request: IncomingMessage) => void) | undefined;
  /** Told what became of each request, for the metrics. */
  readonly onOutcome?: ((outcome: UpstreamOutcome) => void) | undefined;
}

export interface Upstream {
  /**
   * Sends the request to the same path below the upstream address and streams the answer back; settles when the answer
   * is over, or the client gone. Pass `body`, the bytes as received and still encoded, when the request was read before.
   * Rejects with PluginError UPSTREAM_UNREACHABLE while nothing has been answered yet. An answer that breaks off later
   * ends the client's connection, so that half an answer never passes for a whole one.
   */
  readonly forward: (request: IncomingMessage, response: ServerResponse, body?: Buffer) => Promise<void>;
  /** Ends all connections, those in use too: call it when no request is left. */
  readonly close: () => void;
}

/**
 * Creates the way to the stock transformer. Throws an Error for an address that cannot be used.
 *
 * Each request gets a connection of its own, as rudder-server itself does by default. So connections spread over the
 * transformer's replicas and workers as they would without us, and no request can meet a kept-alive connection that the
 * other side is just closing, which a request whose body was streamed could not survive: there is nothing to send again.
 */
export function createUpstream({ url, via, agentOptions, onError, onOutcome }: UpstreamOptions): Upstream {
  const { protocol, hostname, port, authority, path } = readUpstreamUrl(url);
  const agent =
    protocol === 'https:'
      ? new HttpsAgent({ ...agentOptions, keepAlive: false })
      : new HttpAgent({ ...agentOptions, keepAlive: false });
  // changeOrigin: the TLS server name is taken from the Host header, before the headers are copied.
  const proxy = createProxyServer({ agent, changeOrigin: true, ignorePath: true, proxyTimeout: IDLE_TIMEOUT_MS });

  proxy.on('proxyReq', (outgoing, request) => copyRequestHeaders(request, outgoing, authority, via));

  proxy.on('proxyRes', (answer, request, response) => {
    // First in line: the listeners after it destroy the answer, and then no one can tell which side broke off.
    response.prependOnceListener('close', () => {
      if (response.writableFinished) onOutcome?.('forwarded');
      else if (!response.headersSent || (answer.destroyed && !answer.complete)) {
        onError?.(answer.errored ?? new Error('The answer broke off.'), request);
        onOutcome?.('broken');
      }
    });
    try {
      copyResponseHead(answer, response);
    } catch (error) {
      answer.destroy(error instanceof Error ? error : undefined);
      response.destroy();
    }
  });

  return {
    forward: async (request, response, body) => {
      if (response.destroyed) return;
      // httpxy leaves out its proxyReq event for requests with this header; copyRequestHeaders would drop it anyway.
      delete request.headers.expect;
      const target = { protocol, hostname, port, pathname: path(request.url ?? '/') };
      try {
        await proxy.web(request, response, { target, ...(body && { buffer: Readable.from(body) }) });
      } catch (error) {
        if (response.headersSent && !response.destroyed) await once(response, 'close');
        if (response.destroyed) return;
        // Lets a client that reads only after it has sent everything get to see the answer.
        request.unpipe();
        request.resume();
        onError?.(error instanceof Error ? error : new Error('The request failed.', { cause: error }), request);
        onOutcome?.('unreachable');
        throw new PluginError('UPSTREAM_UNREACHABLE');
      }
    },
    close: () => agent.destroy(),
  };
}
