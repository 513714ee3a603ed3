// What happens at the limits: nesting, bytes in flight, a stopping process, faults of our own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import type { Logger } from '../../src/base/logger.js';
import { staticStore } from '../../src/settings/store.js';
import { testApp } from '../../testkit/app.js';
import { element } from '../../testkit/rudderstack.js';
import { WHERE_NESTING_ENDS } from '../../testkit/written.js';

const DEEP = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

/** JSON text with `DEEP` where the value says "deep". */
function withDeep(value: unknown): string {
  return JSON.stringify(value).replaceAll('"deep"', DEEP);
}

async function processor(body: string, documents: readonly object[] = []) {
  const { handler } = testApp({ documents });
  const response = await request(handler)
    .post('/v0/destinations/statsig')
    .set('content-type', 'application/json')
    .send(body);
  assert.equal(response.status, 200, response.text.slice(0, 300));
  return JSON.parse(response.text);
}

test('an event nested too deep harms no other event of its batch', WHERE_NESTING_ENDS, async () => {
  const [deepMessage, deepMetadata, deepConfig, good] = await processor(
    withDeep([
      element(1, { message: { properties: { kept: 'yes', gone: 'deep' } } }),
      element(2, { metadata: { extra: 'deep' } }),
      element(3, { destination: { ID: 'dst-1', Config: { secretKey: 'secret-example', other: 'deep' } } }),
      element(4),
    ]),
  );
  assert.deepEqual(deepMessage.output.body.JSON.events[0].metadata, { kept: 'yes' });
  assert.equal(deepMetadata.statusCode, 200);
  assert.equal(deepMetadata.metadata.jobId, 2);
  assert.equal(deepConfig.statusCode, 400);
  assert.match(deepConfig.error, /^NESTED_TOO_DEEP: /);
  assert.equal(good.statusCode, 200);
});

test('a message that is to be relayed but nested too deep is an error of that event', WHERE_NESTING_ENDS, async () => {
  const webhook = { id: 'relay', rudderstack: { destinationIds: ['dst-1'] }, mode: 'webhook' };
  const [deep, good] = await processor(withDeep([element(1, { message: { properties: 'deep' } }), element(2)]), [
    webhook,
  ]);
  assert.match(deep.error, /^NESTED_TOO_DEEP: /);
  assert.equal(good.statusCode, 200);
});

test('a large body of nothing but brackets is refused before it is parsed', async () => {
  const response = await request(testApp().handler)
    .post('/v0/destinations/statsig')
    .set('content-type', 'application/json')
    .send('['.repeat(2_000_000));
  assert.equal(response.status, 400);
  assert.equal(response.body.error, 'BODY_TOO_DEEP');
});

test('brackets inside texts are no nesting', async () => {
  const note = `${'[{"\\'.repeat(300_000)}`;
  const [answer] = await processor(JSON.stringify([element(1, { message: { properties: { note } } })]));
  assert.equal(answer.statusCode, 200);
});

test('a small body that unpacks to more than the limit is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
  const response = await request(testApp({ environment: { MAX_BODY_BYTES: '1000000' } }).handler)
    .post('/v0/destinations/statsig')
    .set('content-type', 'application/json')
    .set('content-encoding', 'gzip')
    .serialize((body: unknown) => body as string)
    .send(bomb);
  assert.equal(response.status, 413);
  assert.equal(response.body.error, 'BODY_TOO_LARGE');
});

async function listen(handler: Parameters<typeof createServer>[1]) {
  const server = createServer(handler as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

async function read(
  response: IncomingMessage,
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

test('over the bytes in flight a request is told to retry, and the one in flight is served', async () => {
  const { handler } = testApp({ environment: { MAX_BYTES_IN_FLIGHT: '1000' } });
  const { server, port } = await listen(handler);
  const body = JSON.stringify([element(1)]);
  const options = { port, host: '127.0.0.1', method: 'POST', path: '/v0/destinations/statsig' };

  const slow = httpRequest({ ...options, headers: { 'content-length': body.length + 990 } });
  slow.write(' '.repeat(990));
  // The metric shows that the first request holds its bytes.
  for (;;) {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(metrics, /statsig_cdp_parsed_bytes_in_flight 0\n/, 'nothing is parsed before the body is whole');
    if (/statsig_cdp_bytes_in_flight 990\n/.test(metrics)) break;
  }
  const second = httpRequest({ ...options, headers: { 'content-length': body.length } });
  second.end(body);
  const [refused] = await once(second, 'response');
  const answer = await read(refused);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-rudder-should-retry'], 'true');
  assert.equal(answer.headers['x-rudder-error-reason'], 'overloaded');
  assert.equal(answer.headers.connection, 'close');

  slow.end(body);
  const [served] = await once(slow, 'response');
  assert.equal((await read(served)).status, 200);
  server.close();
  server.closeAllConnections();
});

test('a stopping process asks for a retry, and still says how it is', async () => {
  const { handler, lifecycle } = testApp();
  await lifecycle.drain(0);
  const refused = await request(handler)
    .post('/v0/destinations/statsig')
    .send([element(1)]);
  assert.equal(refused.status, 503);
  assert.equal(refused.body.error, 'DRAINING');
  assert.equal(refused.headers['x-rudder-should-retry'], 'true');
  assert.equal(refused.headers.connection, 'close');
  const ready = await request(handler).get('/readyz');
  assert.equal(ready.status, 503);
  assert.equal(ready.body.checks.process.draining, true);
  assert.equal((await request(handler).get('/health')).status, 200);
  assert.equal((await request(handler).get('/features')).status, 200, 'a rudder-server may be starting');
});

test('events wait while the settings are not loaded', async () => {
  const store = { ...staticStore([]), loaded: false };
  const response = await request(testApp({ store }).handler)
    .post('/routerTransform')
    .send({ destType: 'statsig', input: [element(1)] });
  assert.equal(response.status, 503);
  assert.equal(response.body.error, 'SETTINGS_NOT_LOADED');
  assert.equal(response.headers['x-rudder-should-retry'], 'true');
});

test('a fault of ours makes the sender keep the events, and is logged without them', async () => {
  const lines: string[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  const broken = {
    ...staticStore([]),
    find() {
      throw new TypeError('broken on purpose');
    },
  };
  const response = await request(testApp({ store: broken, log }).handler)
    .post('/v0/destinations/statsig')
    .send([element(1)]);
  assert.equal(response.status, 503);
  assert.equal(response.body.error, 'INTERNAL');
  assert.equal(response.headers['x-rudder-should-retry'], 'true');
  assert.doesNotMatch(response.text, /broken on purpose|node:internal|\.js:/);
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0] ?? '', /secret-example|Order Completed/);
});

test('a body that ends early is no JSON error, and the process lives on', async () => {
  const { handler } = testApp();
  const { server, port } = await listen(handler);
  const cutOff = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v0/destinations/statsig',
    headers: { 'content-length': 1000 },
  });
  cutOff.on('error', () => {});
  cutOff.write('[');
  await once(cutOff, 'socket');
  cutOff.destroy();
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  server.close();
  server.closeAllConnections();
});
