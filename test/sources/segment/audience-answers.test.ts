// What Segment and its SDKs are answered over HTTP to audience events and deletions, and what then lies in the outbox.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { NO_PROXY } from '../../../src/http/proxy-trust.js';
import { createRequestReader } from '../../../src/http/request-reader.js';
import { createIngest } from '../../../src/ingest/inbound.js';
import { createDocumentCompiler } from '../../../src/settings/compile-document.js';
import { parseDocuments } from '../../../src/settings/document.js';
import { staticStore } from '../../../src/settings/store.js';
import { createSegmentRoutes } from '../../../src/sources/segment/routes.js';
import { createTrackingApiRoutes } from '../../../src/sources/tracking-api/routes.js';
import { serve } from '../../../testkit/loopback.js';
import { MemoryOutbox } from '../../../testkit/outbox-memory.js';
import { routerOf } from '../../../testkit/routes.js';

const KEYS = { secretKey: 'secret-example', consoleKey: 'console-example' };
const DOCUMENTS = [
  {
    id: 'shop',
    ...KEYS,
    segment: { headerSecrets: ['header-example'], apiKeys: ['api-key-example'] },
    trackingApi: { writeKeys: ['write-key'] },
  },
  { id: 'dry', segment: { headerSecrets: ['header-example'] } },
  { id: 'signed', ...KEYS, segment: { sharedSecrets: ['shared-example'] } },
  { id: 'lists-only', consoleKey: 'console-example' },
];
const WEBHOOK = { authorization: 'Bearer header-example' };
const PARTNER = { authorization: `Basic ${Buffer.from('api-key-example:').toString('base64')}` };

const ENTERS = {
  type: 'identify',
  userId: 'u1',
  timestamp: '2026-01-15T11:00:00.000Z',
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};
const NO_ID = { ...ENTERS, userId: undefined, anonymousId: 'a1' };
const DELETION = { type: 'delete', userId: 'u1', context: [], integrations: [] };

/** Both protocols on a port, on an outbox in memory. */
async function serveBoth(context: TestContext, workspaces: readonly object[] = DOCUMENTS) {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces }), 'settings.json');
  assert.deepEqual(faults, []);
  const outbox = new MemoryOutbox();
  const store = staticStore(documents);
  const reader = createRequestReader(500_000, new BytesInFlight(1_000_000));
  const { compile } = createDocumentCompiler();
  const deps = { reader, store, compile, ingest: createIngest(outbox), onResults: () => {}, onRefused: () => {} };
  const app = express();
  app.use(routerOf('trackingApi', createTrackingApiRoutes({ ...deps, trustProxy: NO_PROXY, maxEventBytes: 32_768 })));
  app.use(routerOf('segment', createSegmentRoutes(deps)));
  const server = await serve(app);
  context.after(() => server.close());
  return {
    lanes: () => [...outbox.lanes()].sort(),
    async post(path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
      const response = await request(server.url).post(path).set(headers).send(body);
      return { status: response.status, body: response.body };
    },
  };
}

function accepted(message: string) {
  return { status: 200, body: { success: true, result: 'accepted', message } };
}

test('an audience event is answered with the list that it changes', async (context) => {
  const { lanes, post } = await serveBoth(context);
  for (const sender of [WEBHOOK, PARTNER]) {
    const answer = await post('/segment/shop', ENTERS, sender);
    assert.deepEqual(answer, accepted('It is stored and changes the ID list vip next.'));
  }
  assert.deepEqual(lanes(), ['shop/statsig-list-vip']);
});

test('an audience event without the id of the list is filtered, one without a membership a 400', async (context) => {
  const { lanes, post } = await serveBoth(context);
  for (const sender of [WEBHOOK, PARTNER]) {
    assert.deepEqual(await post('/segment/shop', NO_ID, sender), {
      status: 200,
      body: { success: true, result: 'filtered', message: 'Filtered (no_audience_id): no userID in userId.' },
    });
    const { status, body } = await post('/segment/shop', { ...ENTERS, traits: {} }, sender);
    assert.deepEqual([status, body.error], [400, 'AUDIENCE_MEMBERSHIP_MISSING']);
    assert.match(body.message, /\(traits\.vip\)/);
  }
  assert.deepEqual(lanes(), []);
});

test('a deletion is answered that it is stored, one that names no user with a 400', async (context) => {
  const { lanes, post } = await serveBoth(context);
  for (const sender of [WEBHOOK, PARTNER]) {
    assert.deepEqual(await post('/segment/shop', DELETION, sender), accepted('The deletion is stored.'));
    const { status, body } = await post('/segment/shop', { ...DELETION, userId: undefined }, sender);
    assert.deepEqual([status, body.error], [400, 'DELETION_USER_MISSING']);
  }
  assert.deepEqual(lanes(), ['shop/statsig-deletions']);
});

test('each answer says what a dry run leaves out', async (context) => {
  const { post } = await serveBoth(context);
  const dry = (key: string) => `This is a dry run, because the workspace has no ${key}: nothing is sent.`;
  const order = { type: 'track', event: 'Order Completed', userId: 'u1' };
  for (const [event, message] of [
    [order, `The event is stored. ${dry('Statsig key')}`],
    [ENTERS, `The event is stored. ${dry('Statsig console key')}`],
    [DELETION, `The deletion is stored. ${dry('Statsig key')}`],
  ] as const)
    assert.deepEqual(await post('/segment/dry', event, WEBHOOK), accepted(message));
});

test('where anybody may send events no list changes and no person is deleted', async (context) => {
  const { lanes, post } = await serveBoth(context, [{ id: 'open' }]);
  for (const event of [ENTERS, { ...ENTERS, traits: { vip: false } }, DELETION]) {
    const { status, body } = await post('/segment/open', event);
    assert.deepEqual([status, body.error], [403, 'PROOF_INSUFFICIENT']);
    assert.match(body.message, /Set `segment\.headerSecrets`/);
  }
  assert.deepEqual(lanes(), []);
});

test('behind a signed first event no list changes and no person is deleted', async (context) => {
  const { lanes, post } = await serveBoth(context);
  const order = { type: 'track', event: 'Order Completed', userId: 'u1' };
  const sign = (signed: unknown) => ({
    'x-signature': createHmac('sha1', 'shared-example').update(JSON.stringify(signed)).digest('hex'),
  });
  const batch = [order, ENTERS, DELETION];
  const { status, body } = await post('/segment/signed', batch, sign(order));
  assert.deepEqual([status, body.accepted, body.rejected.length], [200, 1, 2]);
  for (const [at, { index, code }] of body.rejected.entries())
    assert.deepEqual([index, code], [at + 1, 'PROOF_INSUFFICIENT']);
  assert.deepEqual(lanes(), ['signed/statsig']);
  assert.equal((await post('/segment/signed', batch, sign(batch))).body.accepted, 3, 'the whole body is signed');
  assert.deepEqual(lanes(), ['signed/statsig', 'signed/statsig-deletions', 'signed/statsig-list-vip']);
});

test('a workspace that can change lists takes nothing from strangers', async (context) => {
  const { lanes, post } = await serveBoth(context);
  const response = await post('/segment/lists-only', ENTERS);
  assert.equal(response.status, 401);
  assert.deepEqual(lanes(), []);
});

test('a batch counts audience events and deletions like others', async (context) => {
  const { lanes, post } = await serveBoth(context);
  const { status, body } = await post('/segment/shop', [ENTERS, NO_ID, DELETION, { type: 'delete' }], WEBHOOK);
  assert.equal(status, 200);
  const [rejected] = body.rejected;
  assert.deepEqual([body.accepted, body.filtered, body.rejected.length], [2, 1, 1]);
  assert.deepEqual([rejected.index, rejected.code], [3, 'DELETION_USER_MISSING']);
  assert.deepEqual(lanes(), ['shop/statsig-deletions', 'shop/statsig-list-vip']);
});

test('the Tracking API, whose keys anybody can read, takes neither audience events nor deletions', async (context) => {
  const { lanes, post } = await serveBoth(context);
  const single = await post('/v1/identify', { ...ENTERS, writeKey: 'write-key' });
  assert.equal(single.body.filtered, 1, JSON.stringify(single.body));
  const { body } = await post('/v1/batch', { writeKey: 'write-key', batch: [ENTERS, NO_ID, DELETION] });
  assert.deepEqual([body.accepted, body.filtered], [0, 3]);
  assert.deepEqual(lanes(), []);
});
