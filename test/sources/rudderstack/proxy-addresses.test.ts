// Deliveries to the addresses that are Statsig's own, and what is said of connections that fail: no stand-in on loopback can be either.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import nock from 'nock';
import request from 'supertest';
import { testApp } from '../../../testkit/app.js';

const EVENT = { eventName: 'rudderstack::Order Completed', user: { userID: 'user-42' }, time: 1_767_323_045_000 };
const ACCEPTED = { success: true };

before(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
after(() => nock.restore());

/** What the one job of a delivery request is told. */
async function deliver(endpoint: string, body: object) {
  const { handler } = testApp();
  const answer = await request(handler)
    .post('/v1/destinations/statsig/proxy')
    .send({
      type: 'REST',
      endpoint,
      method: 'POST',
      headers: { 'STATSIG-API-KEY': 'secret-example', 'content-type': 'application/json' },
      params: {},
      body: { JSON: body },
      metadata: [{ jobId: 1, destinationId: 'dest-1', workspaceId: 'ws-1' }],
    });
  assert.equal(answer.status, 200);
  const { statusCode, error } = answer.body.output.response[0];
  return { statusCode, error };
}

for (const url of [
  'https://events.statsigapi.net/v1/log_event',
  'https://api.statsig.com/v1/log_event',
  'https://statsigapi.net/v1/log_event',
  'https://prodregistryv2.org/v1/log_event',
  'https://api.statsig.com/v1/webhooks/rudderstack',
  'https://statsigapi.net/v1/webhooks/rudderstack',
]) {
  test(`${url} is Statsig's own and needs no settings document`, async () => {
    const { origin, pathname } = new URL(url);
    const body = pathname.endsWith('log_event') ? { events: [EVENT] } : { type: 'track', event: 'Order Completed' };
    const call = nock(origin, { reqheaders: { 'statsig-api-key': 'secret-example' } })
      .post(pathname, body)
      .reply(202, ACCEPTED);
    assert.deepEqual(await deliver(url, body), { statusCode: 202, error: JSON.stringify(ACCEPTED) });
    assert.ok(call.isDone());
  });
}

for (const code of ['ENOTFOUND', 'ECONNREFUSED']) {
  test(`A connection that fails with ${code} is to be tried again`, async () => {
    nock('https://events.statsigapi.net')
      .post('/v1/log_event')
      .replyWithError(Object.assign(new Error(code), { code }));
    const told = await deliver('https://events.statsigapi.net/v1/log_event', { events: [EVENT] });
    assert.deepEqual(told, { statusCode: 503, error: `Statsig did not answer: ${code}` });
  });
}
