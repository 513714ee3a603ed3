// A stock transformer that states its features, and the plugin's answer to the same question.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createVia } from '../src/http/via.js';
import { createFeatures, type FeaturesOptions } from '../src/sources/rudderstack/features.js';
import { serve } from './loopback.js';

/** What a stock transformer states, with keys that this plugin has never heard of. */
export const STOCK = {
  routerTransform: { MARKETO: true, HS: true },
  regulations: ['BRAZE', 'AM'],
  supportSourceTransformV1: true,
  upgradedToSourceTransformV2: true,
  supportTransformerProxyV1: false,
  someLaterFlag: { nested: [1, null, 'x'] },
};

/** A document with our part in it. */
export const merged = (document: { routerTransform?: object; regulations?: readonly string[] }, statsig = true) => ({
  ...document,
  routerTransform: { ...document.routerTransform, STATSIG: statsig },
  ...(document.regulations?.length && { regulations: [...document.regulations, 'STATSIG'] }),
});

/** A stand-in whose answer can be changed; counts the questions. */
export async function serveTransformer(context: TestContext, port = 0) {
  const transformer = { status: 200, text: JSON.stringify(STOCK), asked: 0, silent: false };
  const server = await serve((incoming, response) => {
    if (incoming.url === '/elsewhere') {
      response.end(JSON.stringify(STOCK));
      return;
    }
    assert.equal(incoming.url, '/features');
    transformer.asked += 1;
    if (transformer.silent) return;
    response
      .writeHead(transformer.status, transformer.status === 302 ? { Location: '/elsewhere' } : {})
      .end(transformer.text);
  }, port);
  context.after(() => (server.server.listening ? server.close() : undefined));
  return Object.assign(transformer, server);
}

/** GET /features as the plugin serves it, and the levels it logged at; closed with the test. */
export async function serveFeatures(
  context: TestContext,
  {
    upstream,
    ...options
  }: Partial<Omit<FeaturesOptions, 'upstream'>> & { readonly upstream?: { readonly url: string } },
) {
  const logged: string[] = [];
  const features = createFeatures({
    routerTransform: true,
    retryMs: 10,
    holdMs: 20_000,
    log: { info: () => logged.push('info'), warn: () => logged.push('warn') },
    ...(upstream !== undefined && { upstream: { url: upstream.url, via: createVia() } }),
    ...options,
  });
  const front = await serve((incoming, response) => void features.handle(incoming, response));
  context.after(front.close);
  const get = async () => {
    const answer = await fetch(`${front.url}/features`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    return answer.json();
  };
  return { ...features, url: front.url, server: front.server, get, logged };
}
