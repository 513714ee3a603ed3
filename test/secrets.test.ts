// Recognisable secrets go in every way; no log line, metric or error may show one.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import nock from 'nock';
import request from 'supertest';
import type { Logger } from '../src/observe/logger.js';
import { Secret } from '../src/workspace/secret.js';
import { testApp } from './support/app.js';
import { serve } from './support/loopback.js';
import { element } from './support/rudderstack.js';

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

test('secrets of the way out of Statsig appear nowhere, though the target repeats them', async (context) => {
  const shown: string[] = [];
  const keep = (fields: object, message: string) => shown.push(`${message} ${inspect(fields, { depth: 9 })}`);
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  const echo = await serve(async (incoming, response) => {
    const body = await text(incoming);
    response.writeHead(400).end(`${incoming.headers.authorization} ${body}`);
  });
  const app = testApp({
    log: { debug: keep, info: keep, warn: keep, error: keep },
    environment: { OUTBOX_DIRECTORY: join(directory, 'outbox'), ADMIN_TOKEN: 'token-sesame' },
    documents: [
      {
        id: 'shop',
        outbound: {
          signingSecrets: ['webhook-sesame'],
          targets: [{ name: 'echo', writeKey: 'write-sesame', host: echo.url }],
        },
        rudderstack: { sourceIds: ['src-1'], sourceWriteKeys: ['source-sesame'] },
      },
    ],
  });
  context.after(async () => {
    await app.close(0);
    await echo.close();
    rmSync(directory, { recursive: true });
  });
  const client = request(app.handler);
  const body = JSON.stringify([{ eventName: 'Order Completed', userID: 'user-42', timeUUID: 'uuid-1' }]);
  const time = String(Date.now());
  const sign = (secret: string) => `v0=${createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex')}`;
  const webhook = (signature: string) =>
    client
      .post('/statsig/shop')
      .set({
        'content-type': 'application/json',
        'x-statsig-request-timestamp': time,
        'x-statsig-signature': signature,
      })
      .send(body);
  const source = { ID: 'src-1', WriteKey: 'source-sesame' };
  const answers = [
    await webhook(sign('webhook-wrong')),
    await webhook('webhook-sesame'),
    await webhook(sign('webhook-sesame')),
    await client.post('/v2/sources/webhook').send([{ request: { body, headers: {} }, source }]),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 200, 200],
  );
  const admin = () => client.get('/api/dead-letters').set('authorization', 'Bearer token-sesame').buffer();
  let letters = await admin();
  while (letters.text === '') letters = await admin();
  assert.match(letters.text, /echo answered 400/);
  const refused = await client.get('/api/dead-letters').set('authorization', 'Bearer sesame');
  assert.equal(refused.status, 401);
  const metrics = await client.get('/metrics');
  const ready = await client.get('/readyz');
  const encoded = Buffer.from('write-sesame:').toString('base64').replace(/=+$/, '');
  for (const told of [...answers, letters, refused, metrics, ready].map((answer) => answer.text).concat(shown)) {
    assert.ok(!told.includes('sesame') && !told.includes(encoded), told);
  }
  for (const file of readdirSync(join(directory, 'outbox'))) {
    const kept = readFileSync(join(directory, 'outbox', file), 'latin1');
    assert.ok(!kept.includes('sesame') && !kept.includes(encoded), file);
  }
});
