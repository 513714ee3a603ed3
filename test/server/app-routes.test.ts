// Which requests the app serves itself and which it passes to the upstream transformer.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { declaredPaths } from '../../testkit/routes.js';
import { element } from '../../testkit/rudderstack.js';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const FEATURES = {
  routerTransform: { HS: true },
  upgradedToSourceTransformV2: true,
  supportTransformerProxyV1: false,
  somethingNew: [1],
};

/** An upstream that records what it gets, an app in front of it that listens, and a client of that app. */
async function withUpstream(context: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const received: Received[] = [];
  const upstream = await serve(async (incoming, response) => {
    if (incoming.url === '/features') return response.end(JSON.stringify(FEATURES));
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    received.push({
      method: incoming.method,
      url: incoming.url,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    });
    return response.writeHead(207, { apiVersion: '2', 'X-Upstream': 'yes' }).end('from upstream');
  });
  const app = testApp({ environment: { UPSTREAM_TRANSFORMER_URL: upstream.url, ...environment } });
  context.after(async () => {
    await app.close(0);
    await upstream.close();
  });
  return { received, client: request(app.handler) };
}

const SOURCE_CALL = [{ event: {}, source: { ID: 'src-1' } }];

test('every route of the manifest is served without an upstream', async () => {
  // A route for sources is the upstream's unless a document names one.
  const { handler } = testApp({ documents: [{ id: 'shop', rudderstack: { sourceIds: ['src-1'] } }] });
  for (const { method, path } of declaredPaths()) {
    const response = await request(handler)
      [method === 'GET' ? 'get' : 'post'](path)
      .send(method === 'GET' ? undefined : path.includes('/sources/') ? SOURCE_CALL : { destType: 'statsig' });
    assert.notEqual(response.body.error, 'ROUTE_UNKNOWN', `${method} ${path}`);
  }
});

test('router and batch calls go by the destination type in the body, bytes untouched', async (context) => {
  const { received, client } = await withUpstream(context);
  const ours = await client.post('/routerTransform').send({ destType: 'STATSIG', input: [element(1)] });
  assert.equal(ours.body.output[0].statusCode, 200);
  assert.equal(received.length, 0);

  for (const path of ['/routerTransform', '/batch']) {
    const text = `{ "destType" : "hs",\n "input": [ 12345678901234567890 ] }`;
    const bytes = gzipSync(text);
    const response = await client
      .post(path)
      .set({ 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-odd': 'ä' })
      .serialize((body: unknown) => body as string)
      .send(bytes);
    assert.equal(response.status, 207);
    assert.equal(response.text, 'from upstream');
    assert.equal(response.headers['x-upstream'], 'yes');
    const last = received.at(-1);
    assert.equal(last?.url, path);
    assert.deepEqual(last?.body, bytes);
    assert.equal(last?.headers['content-encoding'], 'gzip');
  }
});

test('what no one can read on a shared route is the upstream transformer’s to judge', async (context) => {
  const { received, client } = await withUpstream(context);
  const response = await client
    .post('/routerTransform')
    .set('content-type', 'application/json')
    .send('{"destType": "hs", ');
  assert.equal(response.status, 207);
  assert.equal(received[0]?.body.toString(), '{"destType": "hs", ');
});

test('other destinations, other methods and unknown routes are passed on', async (context) => {
  const { received, client } = await withUpstream(context);
  await client.post('/v0/destinations/webhook').send([element(1)]);
  await client.post('/v1/destinations/webhook/proxy').send({});
  await client.post('/v2/destinations/statsig').send([]);
  await client.get('/v0/destinations/statsig');
  await client.options('/v0/destinations/statsig');
  await client.post('/customTransform?x=1').send([]);
  await client.post('/v2/sources/webhook').send([]);
  assert.deepEqual(
    received.map(({ method, url }) => `${method} ${url}`),
    [
      'POST /v0/destinations/webhook',
      'POST /v1/destinations/webhook/proxy',
      'POST /v2/destinations/statsig',
      'GET /v0/destinations/statsig',
      'OPTIONS /v0/destinations/statsig',
      'POST /customTransform?x=1',
      'POST /v2/sources/webhook',
    ],
  );
});

test('what may carry a token or a code is not passed on, however it is mistyped', async (context) => {
  const { received, client } = await withUpstream(context);
  for (const path of [
    '/api/connec',
    '/API/connect/x',
    '//console//x/y/z/w',
    '/connect/oauth/calback?code=x',
    '/connect/oauth//callback/x?code=x',
    '/Connect/OAuth?code=x',
  ])
    assert.equal((await client.get(path)).status, 404, path);
  assert.equal((await client.post('/connect/oauth/callback').send('code=x')).status, 404);
  assert.deepEqual(
    received.map(({ url }) => url),
    [],
  );
});

test('features are the upstream’s, with STATSIG added', async (context) => {
  const { client } = await withUpstream(context);
  const response = await client.get('/features').expect(200);
  assert.deepEqual(response.body, { ...FEATURES, routerTransform: { HS: true, STATSIG: true } });
});

test('router transform can be switched off', async (context) => {
  const { client } = await withUpstream(context, { ROUTER_TRANSFORM: 'false' });
  const response = await client.get('/features').expect(200);
  assert.deepEqual(response.body.routerTransform, { HS: true, STATSIG: false });
});

test('an upstream that is down is waited for, not an error', async () => {
  const { handler } = testApp({ environment: { UPSTREAM_TRANSFORMER_URL: 'http://127.0.0.1:9' } });
  const response = await request(handler)
    .post('/v0/destinations/webhook')
    .send([element(1)]);
  assert.equal(response.status, 503);
  assert.equal(response.headers['x-rudder-should-retry'], 'true');
  assert.equal(response.headers['x-rudder-error-reason'], 'upstream_unreachable');
  const own = await request(handler)
    .post('/v0/destinations/statsig')
    .send([element(1)]);
  assert.equal(own.body[0].statusCode, 200, 'Statsig does not need the upstream');
});

test('a process whose upstream was down at the start becomes ready without being polled for features', async (context) => {
  const upstream = await serve((_incoming, response) => response.end(JSON.stringify(FEATURES)));
  await upstream.close();
  const app = testApp({ environment: { UPSTREAM_TRANSFORMER_URL: upstream.url } });
  const down = await request(app.handler).get('/readyz');
  assert.equal(down.status, 503);
  assert.deepEqual(down.body.checks.upstream, { ok: false, features: 'waiting' });
  const back = await serve((_incoming, response) => response.end(JSON.stringify(FEATURES)), upstream.port);
  context.after(back.close);
  for (let status = 503; status !== 200; ) ({ status } = await request(app.handler).get('/readyz'));
});

test('requests are counted by route, never by what a client wrote', async () => {
  const { handler } = testApp();
  await request(handler)
    .post('/v0/destinations/statsig')
    .send([element(1), element(2, { message: { type: 'alias' } }), 7]);
  await request(handler).get('/nope/12345');
  const { text } = await request(handler).get('/metrics');
  const count = (outcome: string, reason: string) =>
    new RegExp(
      `statsig_cdp_events_total\\{workspace="",target="",direction="inbound",protocol="rudderstack",stage="processor",outcome="${outcome}",reason="${reason}"\\} (\\d+)`,
    ).exec(text)?.[1];
  assert.equal(count('received', ''), '3');
  assert.equal(count('converted', ''), '1');
  assert.equal(count('filtered', 'unsupported_type'), '1');
  assert.equal(count('failed_on_ingest', 'element_not_object'), '1');
  assert.match(text, /statsig_cdp_config_cache_total\{result="hit"\} 1\n/);
  assert.match(text, /statsig_cdp_config_cache_total\{result="miss"\} 1\n/);
  assert.doesNotMatch(text, /12345|dst-1|user-1/);
});
