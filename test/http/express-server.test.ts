// Express serves every route, with requests and responses that are its own from the start, however an address is written.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { createExpressServer } from '../../src/http/express-server.js';
import { testApp } from '../../testkit/app.js';
import { element, mixedElements } from '../../testkit/rudderstack.js';

const TRACKING = { id: 'shop', secretKey: 'secret-example', trackingApi: { writeKeys: ['write-key'] } };

test('Express finds nothing to change on a request and a response: neither their prototypes nor their fields', async (context) => {
  const app = express();
  const shapeOf = (object: object) => ({ prototype: Object.getPrototypeOf(object), fields: Object.keys(object) });
  const seen: object[] = [];
  app.use((_request, _response, next) => next());
  app.post(['/a/:id', '/b'], async (request, response) => {
    seen.push(shapeOf(request), shapeOf(response));
    response.end(`${request.params.id} ${request.path} ${request.get('x-name')}`);
  });
  const server = createExpressServer(app);
  server.prependListener('request', (request, response) => seen.push(shapeOf(request), shapeOf(response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/a/7?q=1`, { method: 'POST', headers: { 'x-name': 'me' } });
  assert.equal(await answer.text(), '7 /a/7 me');
  const [requestBefore, responseBefore, requestThen, responseThen] = seen;
  assert.deepEqual(requestThen, requestBefore);
  assert.deepEqual(responseThen, responseBefore);
  assert.equal(seen.length, 4);
});

test('an address written in another way gets the same answer', async () => {
  const { handler } = testApp();
  const batch = [...mixedElements(8), element(9, { message: { type: 'alias' } }), { nothing: 1 }];
  const usual = await request(handler).post('/v0/destinations/statsig').send(batch);
  const other = await request(handler).post('/v0/destinations/STATSIG?a=1').send(batch);
  assert.equal(usual.status, 200);
  assert.equal(usual.body.length, 10);
  assert.deepEqual(other.body, usual.body);
  for (const name of ['apiversion', 'content-type', 'content-length'])
    assert.equal(other.headers[name], usual.headers[name], name);

  const input = { input: batch, destType: 'statsig' };
  const routed = await request(handler).post('/routerTransform').send(input);
  const again = await request(handler).post('/routerTransform?').send(input);
  assert.ok(routed.body.output.length > 1);
  assert.deepEqual(again.body, routed.body);
});

test('a fault is answered and counted as on any other route', async () => {
  const { handler, lifecycle } = testApp({ documents: [TRACKING] });
  const broken = await request(handler)
    .post('/v0/destinations/statsig')
    .set('Content-Type', 'application/json')
    .send('[{');
  assert.deepEqual([broken.status, broken.body.error], [400, 'BODY_NOT_JSON']);
  const unknown = await request(handler)
    .post('/v1/track')
    .set('Origin', 'https://shop.example')
    .send({ writeKey: 'no', event: 'x' });
  assert.deepEqual([unknown.status, unknown.body.code], [401, 'SENDER_UNKNOWN']);
  assert.equal(unknown.headers['access-control-allow-origin'], 'https://shop.example');
  assert.equal(unknown.headers.vary, 'Origin');
  const { text } = await request(handler).get('/metrics');
  assert.match(text, /request_duration_seconds_count\{route="\/v0\/destinations\/:destinationType",status="400"\} 1\n/);
  assert.match(text, /request_duration_seconds_count\{route="\/v1\/track",status="401"\} 1\n/);

  void lifecycle.drain(1);
  const late = await request(handler).post('/v0/destinations/statsig').send([]);
  assert.deepEqual([late.status, late.body.error, late.headers.connection], [503, 'DRAINING', 'close']);
});
