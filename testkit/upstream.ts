// A stand-in for the stock transformer, and a server in front of it that forwards everything.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { PluginError } from '../src/base/errors.js';
import { createVia } from '../src/http/via.js';
import { createUpstream, type UpstreamOptions, type UpstreamOutcome } from '../src/sources/rudderstack/upstream.js';
import { serve } from './loopback.js';

export interface FrontOptions extends Partial<UpstreamOptions> {
  /** Reads the body before forwarding, as the routes do that are told apart by their body. */
  readonly read?: boolean;
}

/** A server that forwards everything, and what came of it; closed with the test. */
export async function serveFront(context: TestContext, url: string, { read, ...options }: FrontOptions = {}) {
  const outcomes: UpstreamOutcome[] = [];
  const errors: Error[] = [];
  const rejections: unknown[] = [];
  const upstream = createUpstream({
    url,
    via: createVia(),
    onOutcome: (outcome) => outcomes.push(outcome),
    onError: (error) => errors.push(error),
    ...options,
  });
  const settled: Promise<void>[] = [];
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    try {
      if (!read) return await upstream.forward(incoming, response);
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      await upstream.forward(incoming, response, Buffer.concat(chunks));
    } catch (error) {
      rejections.push(error);
      response.writeHead(error instanceof PluginError ? error.status : 500).end();
    }
  };
  const front = await serve((incoming, response) => {
    settled.push(answer(incoming, response));
  });
  context.after(async () => {
    await front.close();
    upstream.close();
  });
  return { ...front, outcomes, errors, rejections, settled };
}

/** A stand-in for the stock transformer; closed with the test. */
export async function serveUpstream(context: TestContext, listener: RequestListener) {
  const upstream = await serve(listener);
  context.after(upstream.close);
  return upstream;
}
