// What one exchange cannot show: bytes held, every route while the settings load, headers that must not leave.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import nock from 'nock';
import request from 'supertest';
import { PluginError } from '../../src/base/errors.js';
import { limitBySetting } from '../../src/http/body-limit.js';
import { BytesInFlight } from '../../src/http/in-flight.js';
import { type RequestStream, readRawBody } from '../../src/http/raw-body.js';
import { createRequestReader } from '../../src/http/request-reader.js';
import { createCompiledCache } from '../../src/settings/cache.js';
import { staticStore } from '../../src/settings/store.js';
import { readProxyRequest } from '../../src/sources/rudderstack/proxy-request.js';
import { createEndpointCheck } from '../../src/statsig/statsig-endpoints.js';
import { testApp } from '../../testkit/app.js';
import { element } from '../../testkit/rudderstack.js';
import { canBeWritten } from '../../testkit/written.js';

before(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
after(() => nock.restore());

const UNLIMITED = { add() {} };

const isError = (code: string) => (error: unknown) => error instanceof PluginError && error.code === code;

function incoming(body: Buffer, headers: Readonly<Record<string, string>> = {}): RequestStream {
  const stream = Object.assign(new PassThrough(), { headers });
  stream.end(body);
  return stream;
}

test('bytes in flight: a request alone always gets in, others up to the limit itself, and all bytes come back', () => {
  const inFlight = new BytesInFlight(100);
  assert.equal(inFlight.bytes, 0);
  const huge = inFlight.admit(500);
  assert.equal(inFlight.bytes, 0, 'nothing of it has come');
  huge.add(200);
  huge.add(300);
  assert.throws(() => inFlight.admit(0), isError('OVERLOADED'));
  huge.release();
  huge.release();
  assert.equal(inFlight.bytes, 0);

  const first = inFlight.admit(0);
  const second = inFlight.admit(99);
  first.add(1);
  second.add(99);
  assert.throws(() => inFlight.admit(1), isError('OVERLOADED'));
  assert.throws(() => first.add(1), isError('OVERLOADED'));
  assert.equal(inFlight.bytes, 100, 'what was refused does not count');
  second.release();
  first.add(1000);
  assert.equal(inFlight.bytes, 1001, 'it is alone');
  first.release();
  assert.equal(inFlight.bytes, 0);
});

test('a body counts as held with what it unpacks to, until the request is done', async () => {
  const inFlight = new BytesInFlight(1_000_000);
  const reader = createRequestReader(1_000_000, inFlight);
  const text = Buffer.from(JSON.stringify({ note: 'x'.repeat(10_000) }));
  const packed = gzipSync(text);

  await reader.withBody(incoming(text), async (body) => {
    assert.equal(inFlight.bytes, text.length, 'no length was announced');
    await body.parse();
    assert.equal(inFlight.bytes, text.length, 'nothing was unpacked');
  });
  assert.equal(inFlight.bytes, 0);

  const headers = { 'content-length': String(packed.length), 'content-encoding': 'gzip' };
  await reader.withBody(incoming(packed, headers), async (body) => {
    assert.equal(inFlight.bytes, packed.length);
    assert.equal(body.raw.length, packed.length);
    await body.parse();
    assert.equal(inFlight.bytes, packed.length + text.length);
  });
  assert.equal(inFlight.bytes, 0);

  await assert.rejects(
    reader.withBody(incoming(text), async () => {
      throw new Error('failed');
    }),
  );
  assert.equal(inFlight.bytes, 0);
});

test('a body that is shorter or longer than announced is incomplete', async () => {
  for (const length of ['1', '10'])
    await assert.rejects(
      readRawBody(incoming(Buffer.from('[]'), { 'content-length': length }), limitBySetting('X', 100), UNLIMITED),
      isError('BODY_INCOMPLETE'),
    );
  await assert.rejects(
    readRawBody(incoming(Buffer.from('[]'), { 'content-length': '2' }), limitBySetting('X', 1), UNLIMITED),
    isError('BODY_TOO_LARGE'),
  );
  const gone = incoming(Buffer.from('[]'));
  gone.destroy();
  await once(gone, 'close');
  await assert.rejects(
    readRawBody(gone, limitBySetting('X', 100), UNLIMITED),
    isError('BODY_INCOMPLETE'),
    'the sender left before',
  );
});

test('no route serves events while the settings are not loaded', async () => {
  const { handler } = testApp({ store: { ...staticStore([]), loaded: false } });
  for (const path of [
    '/v0/destinations/statsig',
    '/v1/destinations/statsig',
    '/routerTransform',
    '/batch',
    '/v0/destinations/statsig/proxy',
    '/v1/destinations/statsig/proxy',
  ]) {
    const response = await request(handler).post(path).send({ destType: 'statsig', input: [] });
    assert.equal(response.status, 503, path);
    assert.match(response.body.message ?? response.body.output.message, /^SETTINGS_NOT_LOADED: /, path);
  }
});

const DELIVERY = {
  type: 'REST',
  method: 'POST',
  endpoint: 'https://events.statsigapi.net/v1/log_event',
  headers: {},
  body: { JSON: { events: [{ eventName: 'E' }] } },
  metadata: [{ jobId: 1 }],
};

test('headers of one hop, of the client and such as are no texts are not passed on', () => {
  const skipped = [
    'Connection',
    'Content-Encoding',
    'Content-Length',
    'Expect',
    'Host',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ];
  const headers = {
    ...Object.fromEntries(skipped.map((name) => [name, '1'])),
    'X-Number': 5,
    'X-List': ['a'],
    'X-Null': null,
    'X-Kept': 'yes',
  };
  assert.deepEqual([...readProxyRequest({ ...DELIVERY, headers }, 'v1').headers], [['x-kept', 'yes']]);
});

/** JSON text of an object within an object, and so on. */
const DEEP = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

test('a delivery request nested too deep is refused, and nothing is sent', {
  skip: canBeWritten(JSON.parse(DEEP)) && 'this Node can write it',
}, async () => {
  const inBody = { ...DELIVERY, body: { JSON: { events: 'deep' } } };
  const inParams = { ...DELIVERY, params: { filter: 'deep' } };
  for (const [version, delivery, detail] of [
    ['v0', inBody, /body\.JSON: nested too deep/],
    ['v1', inBody, /body\.JSON: nested too deep/],
    ['v0', inParams, /params: filter is nested too deep/],
    ['v1', inParams, /params: filter is nested too deep/],
  ] as const) {
    const response = await request(testApp().handler)
      .post(`/${version}/destinations/statsig/proxy`)
      .set('content-type', 'application/json')
      .send(JSON.stringify(delivery).replace('"deep"', DEEP));
    assert.equal(response.status, 400, response.text);
    assert.match(response.body.output.message, /^DELIVERY_REQUEST_INVALID: /);
    assert.match(response.body.output.message, detail);
  }
});

test('calls to Statsig say when they were made', async () => {
  const start = Date.now();
  let time = Number.NaN;
  nock('https://events.statsigapi.net')
    .post('/v1/log_event')
    .matchHeader('statsig-client-time', (value) => {
      time = Number(value);
      return true;
    })
    .reply(202, { success: true });
  await request(testApp().handler).post('/v1/destinations/statsig/proxy').send(DELIVERY).expect(200);
  assert.ok(time >= start && time <= Date.now(), String(time));
});

test('the hosts that may be called follow the documents', () => {
  const store = { ...staticStore([]), generation: 1 };
  const isAllowed = createEndpointCheck(store);
  const endpoint = 'https://statsig.example.com/v1/log_event';
  assert.equal(isAllowed(endpoint), false);
  const document = { id: 'shop', settings: { eventsUrl: 'https://statsig.example.com' } };
  Object.assign(store, { documents: [document], generation: 2 });
  assert.equal(isAllowed(endpoint), true);
});

test('router, batch and proxy calls are counted', async () => {
  const { handler } = testApp();
  const input = [element(1), element(2, { message: { type: 'alias' } })];
  for (const path of ['/routerTransform', '/batch'])
    await request(handler).post(path).send({ destType: 'statsig', input });
  nock('https://events.statsigapi.net').post('/v1/log_event').reply(202, { success: true });
  await request(handler).post('/v1/destinations/statsig/proxy').send(DELIVERY);
  const { text } = await request(handler).get('/metrics');
  for (const stage of ['router', 'batch']) {
    assert.match(text, new RegExp(`statsig_cdp_events_total\\{[^}]*stage="${stage}",outcome="converted",[^}]*\\} 1\n`));
    assert.match(text, new RegExp(`statsig_cdp_events_total\\{[^}]*stage="${stage}",outcome="filtered",[^}]*\\} 1\n`));
  }
  assert.match(text, /statsig_cdp_[a-z_]*\{[^}]*outcome="delivered"[^}]*\} 1\n/);
});

test('a cache compiles what it does not hold, drops the least recently used, and counts', () => {
  const cache = createCompiledCache<{ readonly key: string }>(2);
  const get = (key: string) => cache.get(key, () => ({ key }));
  const a = get('a');
  get('b');
  assert.equal(get('a'), a);
  get('c');
  assert.equal(get('a'), a);
  assert.deepEqual(cache.counts(), { hits: 2, misses: 3, evictions: 1 });
  get('b');
  assert.deepEqual(cache.counts(), { hits: 2, misses: 4, evictions: 2 });
});
