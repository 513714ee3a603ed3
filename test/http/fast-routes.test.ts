// The busiest routes are served before Express, with the same answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { testApp } from '../../testkit/app.js';
import { element, mixedElements } from '../../testkit/rudderstack.js';

const TRACKING = { id: 'shop', secretKey: 'secret-example', trackingApi: { writeKeys: ['write-key'] } };

test('an address written in another way gets the same answer', async () => {
  const { handler } = testApp();
  const batch = [...mixedElements(8), element(9, { message: { type: 'alias' } }), { nothing: 1 }];
  const fast = await request(handler).post('/v0/destinations/statsig').send(batch);
  const other = await request(handler).post('/v0/destinations/STATSIG?a=1').send(batch);
  assert.equal(fast.status, 200);
  assert.equal(fast.body.length, 10);
  assert.deepEqual(other.body, fast.body);
  for (const name of ['apiversion', 'content-type', 'content-length'])
    assert.equal(other.headers[name], fast.headers[name], name);

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
