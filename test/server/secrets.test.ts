// Recognisable secrets go in every way; no log line, metric or error may show one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import nock from 'nock';
import request from 'supertest';
import type { Logger } from '../../src/base/logger.js';
import { Secret } from '../../src/base/secret.js';
import { testApp } from '../../testkit/app.js';
import { element } from '../../testkit/rudderstack.js';

const KEY = 'secret-sesame';

before(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
after(() => nock.restore());

test('a Secret prints as [redacted] whichever way it is printed', () => {
  const secret = new Secret(KEY);
  for (const text of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
  ]) {
    assert.ok(!text.includes('sesame'), text);
  }
});

test('keys in requests appear in no log line, metric or error', async () => {
  const shown: string[] = [];
  const keep = (fields: object, message: string) => shown.push(`${message} ${inspect(fields, { depth: 9 })}`);
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const { handler } = testApp({
    log,
    documents: [{ id: 'doc', rudderstack: { destinationIds: ['dst-1'] }, secretKey: KEY }],
  });
  const post = (path: string, body: string) =>
    request(handler).post(path).set('content-type', 'application/json').send(body);
  const config = (Config: object) =>
    element(1, { destination: { ID: 'dst-2', Config: { secretKey: KEY, ...Config } } });
  const delivery = (parts: object) =>
    JSON.stringify({
      type: 'REST',
      method: 'POST',
      endpoint: 'https://events.statsigapi.net/v1/log_event',
      headers: { 'STATSIG-API-KEY': KEY },
      body: { JSON: { events: [{ eventName: 'E' }] } },
      metadata: [{ jobId: 1 }],
      ...parts,
    });

  nock('https://events.statsigapi.net').post('/v1/log_event').replyWithError(`cannot reach with ${KEY}`);

  const failures = [
    await post('/v0/destinations/statsig', JSON.stringify([config({ mode: 'nonsense' })])),
    await post('/v0/destinations/statsig', JSON.stringify([config({ secretKey: { nested: KEY } })])),
    await post('/v0/destinations/statsig', JSON.stringify([config({ secretKey: `file:/${KEY}` })])),
    await post('/v0/destinations/statsig', JSON.stringify([element(1, { message: { event: null } })])),
    await post('/v0/destinations/statsig', `[{"secretKey": "${KEY}", `),
    await post('/v0/destinations/statsig', JSON.stringify({ secretKey: KEY })),
    await post('/v1/destinations/statsig/proxy', delivery({ headers: { 'STATSIG-API-KEY': `${KEY}\n` } })),
    await post('/v1/destinations/statsig/proxy', delivery({ endpoint: `https://${KEY}@example.com/v1/log_event` })),
    await post('/v1/destinations/statsig/proxy', delivery({})),
  ];
  for (const { text } of failures) {
    // The destination is not echoed in these answers, so the key has no business in them.
    assert.match(text, /[A-Z]+_[A-Z]+: |Statsig did not answer/);
    assert.ok(!text.includes('sesame'), text);
  }
  const metrics = await request(handler).get('/metrics');
  const ready = await request(handler).get('/readyz');
  for (const text of [metrics.text, ready.text, ...shown]) assert.ok(!text.includes('sesame'), text);
});
