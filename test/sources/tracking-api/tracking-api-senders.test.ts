// Who may send to the Tracking API while the settings are there, and while they are not; and what the metrics hear of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import request from 'supertest';
import { staticStore } from '../../../src/settings/store.js';
import { trackingApi } from '../../../testkit/tracking-api.js';

const EVENT = { type: 'track', event: 'Order Completed', userId: 'user-42' };

test('while the settings are not loaded no sender is refused: the SDK tries again', async () => {
  const { handler, stored } = trackingApi({ store: { ...staticStore([]), loaded: false } });
  for (const path of ['/v1/track', '/v1/b']) {
    const response = await request(handler)
      .post(path)
      .send({ writeKey: 'write-key', ...EVENT, batch: [EVENT] });
    assert.equal(response.status, 503);
    assert.equal(response.body.code, 'SETTINGS_NOT_LOADED');
  }
  assert.equal((await request(handler).get('/v1/projects/write-key/settings')).status, 503);
  assert.equal(stored.length, 0);
});

test('a refusal does not repeat the key', async () => {
  const { handler } = trackingApi();
  const key = 'a-key-mistyped';
  const refused = await request(handler)
    .post('/v1/track')
    .send({ writeKey: key, ...EVENT });
  assert.equal(refused.status, 401);
  const missing = await request(handler).get(`/v1/projects/${key}/settings`);
  assert.equal(missing.status, 404);
  for (const { text } of [refused, missing]) assert.ok(!text.includes(key), text);
});

test('a request without Host is told the address that it came to', async (context) => {
  const server = createServer(trackingApi().handler).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.end('GET /v1/projects/write-key/settings HTTP/1.0\r\n\r\n');
  const answer = await text(socket);
  assert.ok(answer.includes(`"apiHost":"127.0.0.1:${port}/v1"`), answer);
});

test('each workspace is told of its own events, in order', async () => {
  const { handler, told } = trackingApi({
    documents: [
      { id: 'shop', trackingApi: { writeKeys: ['write-key'] } },
      { id: 'blog', trackingApi: { writeKeys: ['blog-key'], requiredConsent: ['analytics'] } },
    ],
  });
  const refusal = { context: { consent: { categoryPreferences: { analytics: false } } } };
  await request(handler)
    .post('/v1/b')
    .send({
      writeKey: 'write-key',
      batch: [
        { ...EVENT, messageId: 'msg-1' },
        { ...EVENT, ...refusal, writeKey: 'blog-key' },
        { ...EVENT, messageId: 'msg-1' },
        { ...EVENT, writeKey: 'another' },
        { ...EVENT, event: '' },
        { ...EVENT, integrations: { Statsig: false } },
      ],
    })
    .expect(200);
  const words = told.map(({ workspaceId, results }) => [
    workspaceId,
    ...results.map((result) =>
      result.kind === 'filtered' ? result.reason : result.kind === 'invalid' ? result.code : result.kind,
    ),
  ]);
  assert.deepEqual(words.sort(), [
    ['blog', 'consent_missing'],
    ['shop', 'accepted', 'duplicate', 'EVENT_NAME_MISSING', 'integration_off'],
  ]);
});

test('nothing of the events is told when the outbox took none of them', async () => {
  const { handler, told } = trackingApi({ outboxFault: () => 'OUTBOX_UNAVAILABLE' });
  await request(handler)
    .post('/v1/track')
    .send({ writeKey: 'write-key', ...EVENT })
    .expect(503);
  assert.deepEqual(told, []);
});
