// What a call of the Tracking API and each of its events may hold, to the byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request, { type Test } from 'supertest';
import { type TrackingApi, trackingApi } from '../../../testkit/tracking-api.js';
import { WHERE_NESTING_ENDS } from '../../../testkit/written.js';

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** What RudderStack's SDKs send: their `MAX_MSG_SIZE`, and what their `BATCH_SIZE_LIMIT` lets a batch come to. */
const RUDDERSTACK_EVENT = 4 * MEGABYTE;
const RUDDERSTACK_BATCH = 2 * RUDDERSTACK_EVENT;

/** The limit of the manifest. */
const MAX_CALL = 9 * MEGABYTE;

/** The write key where RudderStack's SDKs show it. */
const BASIC = { authorization: `Basic ${Buffer.from('write-key:').toString('base64')}` };

function post(api: TrackingApi, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Test {
  return request(api.handler)
    .post('/v1/batch')
    .set({ 'content-type': 'application/json', ...headers })
    .serialize((bytes: unknown) => bytes as string)
    .send(body);
}

/** An event whose JSON has this many bytes. The letter takes two, so that characters and bytes differ. */
function eventOf(bytes: number, messageId: string): object {
  const event = (filling: string) => ({ type: 'track', event: 'Order Completed', messageId, filling });
  const room = bytes - Buffer.byteLength(JSON.stringify(event('')));
  return event('ä'.repeat(Math.floor(room / 2)) + 'a'.repeat(room % 2));
}

/** A batch whose JSON has this many bytes, of 15 events. */
function batchOf(bytes: number, eventBytes = 32 * KILOBYTE): string {
  const batch = Array.from({ length: 15 }, (_, index) => eventOf(eventBytes, `msg-${index}`));
  const text = JSON.stringify({ writeKey: 'write-key', batch });
  return text + ' '.repeat(bytes - Buffer.byteLength(text));
}

test('an event may have as many bytes as the setting says, one of a byte more is rejected alone', async () => {
  const api = trackingApi({ maxEventBytes: 32 * KILOBYTE });
  const batch = [eventOf(32 * KILOBYTE, 'fits'), eventOf(32 * KILOBYTE + 1, 'too-large'), eventOf(100, 'small')];
  const response = await post(api, JSON.stringify({ writeKey: 'write-key', batch }));
  assert.equal(response.status, 200);
  assert.equal(response.body.accepted, 2);
  assert.deepEqual(
    response.body.rejected.map(({ index, code }: { index: number; code: string }) => [index, code]),
    [[1, 'EVENT_TOO_LARGE']],
  );
  assert.match(response.body.rejected[0].message, /32769 bytes, limit 32768\).*TRACKING_MAX_EVENT_BYTES/);
  assert.deepEqual(
    api.stored.map(({ messageId }) => messageId),
    ['fits', 'small'],
  );
});

/** What fills an event in unlike ways, by how many. Each has more bytes as JSON than it has characters or values. */
const FILLINGS: Readonly<Record<string, (count: number) => unknown>> = {
  'characters of six bytes': (count) => '\u0001'.repeat(count),
  'halves of characters': (count) => '\ud800'.repeat(count),
  'characters of three bytes': (count) => '中'.repeat(count),
  'long numbers': (count) => Array.from({ length: count }, () => -Math.PI / 1e300),
  'short values': (count) => Array.from({ length: count }, () => null),
  'empty objects': (count) => Array.from({ length: count }, () => ({})),
  'nested arrays': (count) => Array.from({ length: count }, () => [[[[]]]]),
  keys: (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`\u0001${index}`, false])),
};

for (const [what, fill] of Object.entries(FILLINGS))
  test(`an event that is full of ${what} may have 32 KB, too`, async () => {
    const api = trackingApi({ maxEventBytes: 32 * KILOBYTE });
    const event = (count: number) => ({
      type: 'track',
      event: 'Full',
      messageId: `msg-${count}`,
      filling: fill(count),
    });
    const bytes = (count: number) => Buffer.byteLength(JSON.stringify(event(count)));
    let most = 1;
    for (let more = 1 << 14; more >= 1; more >>= 1) if (bytes(most + more) <= 32 * KILOBYTE) most += more;
    const batch = [event(most), event(most + 1)];
    const response = await post(api, JSON.stringify({ writeKey: 'write-key', batch }));
    assert.equal(response.body.accepted, 1, response.text);
    assert.match(response.body.rejected[0].message, new RegExp(`${bytes(most + 1)} bytes`));
  });

test('what a batch adds to its events counts for each of them', async () => {
  const api = trackingApi({ maxEventBytes: 32 * KILOBYTE });
  const context = { filling: 'a'.repeat(20 * KILOBYTE) };
  const batch = [eventOf(10 * KILOBYTE, 'fits'), eventOf(13 * KILOBYTE, 'too-large')];
  const response = await post(api, JSON.stringify({ writeKey: 'write-key', context, batch }));
  assert.equal(response.body.accepted, 1);
  assert.equal(response.body.rejected[0].code, 'EVENT_TOO_LARGE');
});

test('a large context is not multiplied by thousands of small events', async () => {
  const api = trackingApi();
  const context = { filling: 'a'.repeat(20 * KILOBYTE) };
  const batch = Array.from({ length: 2_000 }, (_, index) => eventOf(100, `msg-${index}`));
  const response = await post(api, JSON.stringify({ writeKey: 'write-key', context, batch }));
  assert.equal(response.status, 413);
  assert.equal(response.body.code, 'BODY_TOO_LARGE');
  assert.equal(api.stored.length, 0);
});

test('without a known key in the header a call of 500 KB is taken, one of a byte more is answered 413 and told what helps', async () => {
  const api = trackingApi();
  const taken = await post(api, batchOf(500 * KILOBYTE));
  assert.equal(taken.status, 200, taken.text);
  assert.equal(taken.body.accepted, 15);
  const unknown = { authorization: `Basic ${Buffer.from('another:').toString('base64')}` };
  for (const headers of [{}, unknown]) {
    const refused = await post(api, batchOf(500 * KILOBYTE + 1), { ...headers, connection: 'keep-alive' });
    assert.equal(refused.status, 413);
    assert.equal(refused.body.success, false);
    assert.equal(refused.body.code, 'BODY_TOO_LARGE');
    assert.match(refused.body.message, /limit 512000 bytes.*known write key as the user of Basic authentication/);
    assert.doesNotMatch(refused.body.message, /MAX_BODY_BYTES(?<!TRACKING_MAX_BODY_BYTES)/, 'that helps nothing');
    assert.equal(refused.headers.connection, 'close');
  }
  assert.equal(api.stored.length, 15);
});

test('the limit is that of the decompressed call', async () => {
  const api = trackingApi();
  const gzip = { 'content-encoding': 'gzip' };
  assert.equal((await post(api, gzipSync(batchOf(500 * KILOBYTE)), gzip)).status, 200);
  const refused = await post(api, gzipSync(batchOf(500 * KILOBYTE + 1)), gzip);
  assert.equal(refused.status, 413);
  assert.equal(refused.body.code, 'BODY_TOO_LARGE');
});

test('what RudderStack’s SDKs send is stored: events of 4 MiB, alone and as the last of a batch, batches of 100 events of 40 KB', async () => {
  const api = trackingApi();
  const gzip = { ...BASIC, 'content-encoding': 'gzip' };
  const batches = [
    [eventOf(RUDDERSTACK_EVENT, 'alone')],
    [eventOf(RUDDERSTACK_EVENT - 1, 'first'), eventOf(RUDDERSTACK_EVENT, 'last')],
    Array.from({ length: 100 }, (_, index) => eventOf(40 * KILOBYTE, `msg-${index}`)),
  ];
  for (const batch of batches) {
    const text = JSON.stringify({ batch, sentAt: '2026-01-02T03:04:05.000Z' });
    assert.ok(text.length < RUDDERSTACK_BATCH + KILOBYTE);
    const plain = await post(api, text, BASIC);
    assert.equal(plain.body.accepted, batch.length, plain.text);
    const packed = await post(api, gzipSync(text, { level: 1 }), gzip);
    assert.equal(packed.body.duplicates, batch.length, packed.text);
  }
  assert.equal(api.stored.length, 103);
});

test('a call of 9 MiB is taken, one of a byte more is answered 413 and names its setting', async () => {
  const api = trackingApi();
  assert.equal((await post(api, batchOf(MAX_CALL, MEGABYTE / 2), BASIC)).body.accepted, 15);
  const packed = { ...BASIC, 'content-encoding': 'gzip' };
  for (const [body, headers] of [
    [batchOf(MAX_CALL + 1), BASIC],
    [gzipSync(batchOf(MAX_CALL + 1)), packed],
  ] as const) {
    const refused = await post(api, body, headers);
    assert.equal(refused.status, 413);
    assert.match(refused.body.message, new RegExp(`limit ${MAX_CALL} bytes.*TRACKING_MAX_BODY_BYTES raises it`));
  }
});

test('an event of a large call that holds too many values is refused before it is parsed', async () => {
  const api = trackingApi();
  const full = (values: number) =>
    `{"type":"track","event":"Full","messageId":"m-${values}","x":[${'0,'.repeat(values)}0]}`;
  const call = (values: number) => `{"batch":[${full(values)}],"filling":"${'a'.repeat(500 * KILOBYTE)}"}`;
  assert.equal((await post(api, call(49_000), BASIC)).body.accepted, 1);
  for (const body of [call(51_000), full(400_000)]) {
    const refused = await post(api, body, BASIC);
    assert.equal(refused.status, 413, refused.text);
    assert.equal(refused.body.code, 'BODY_TOO_MANY_VALUES');
  }
});

test('a batch of 2500 events is taken, one of 2501 is refused whole', async () => {
  const api = trackingApi();
  const events = Array.from({ length: 2_501 }, (_, index) => eventOf(100, `msg-${index}`));
  const refused = await post(api, JSON.stringify({ writeKey: 'write-key', batch: events }));
  assert.equal(refused.status, 400);
  assert.equal(refused.body.code, 'BATCH_TOO_LONG');
  assert.equal(api.stored.length, 0);
  const taken = await post(api, JSON.stringify({ writeKey: 'write-key', batch: events.slice(1) }));
  assert.equal(taken.body.accepted, 2_500);
});

test(
  'nesting that cannot be written again is the sender’s fault, of the event alone where one event has it',
  WHERE_NESTING_ENDS,
  async () => {
    const deep = '['.repeat(15_000) + ']'.repeat(15_000);
    const good = '{"type":"track","event":"Order Completed","messageId":"msg-2"}';
    const api = trackingApi();
    const ofEvent = await post(
      api,
      `{"writeKey":"write-key","batch":[{"type":"track","event":"Deep","properties":{"x":${deep}}},${good}]}`,
    );
    assert.equal(ofEvent.status, 200, ofEvent.text);
    assert.equal(ofEvent.body.accepted, 1);
    assert.equal(ofEvent.body.rejected[0].code, 'NESTED_TOO_DEEP');
    const ofBatch = await post(api, `{"writeKey":"write-key","context":{"x":${deep}},"batch":[${good}]}`);
    assert.equal(ofBatch.status, 400);
    assert.equal(ofBatch.body.code, 'BODY_TOO_DEEP');
  },
);
