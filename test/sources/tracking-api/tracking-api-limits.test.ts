// What a call of the Tracking API and each of its events may hold, to the byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request, { type Test } from 'supertest';
import { type TrackingApi, trackingApi } from '../../../testkit/tracking-api.js';

const KILOBYTE = 1024;

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

/** A batch whose JSON has this many bytes, of events that are not too large. */
function batchOf(bytes: number): string {
  const batch = Array.from({ length: 15 }, (_, index) => eventOf(32 * KILOBYTE, `msg-${index}`));
  const text = JSON.stringify({ writeKey: 'write-key', batch });
  return text + ' '.repeat(bytes - Buffer.byteLength(text));
}

test('an event of 32 KB is stored, one of a byte more is rejected alone', async () => {
  const api = trackingApi();
  const batch = [eventOf(32 * KILOBYTE, 'fits'), eventOf(32 * KILOBYTE + 1, 'too-large'), eventOf(100, 'small')];
  const response = await post(api, JSON.stringify({ writeKey: 'write-key', batch }));
  assert.equal(response.status, 200);
  assert.equal(response.body.accepted, 2);
  assert.deepEqual(
    response.body.rejected.map(({ index, code }: { index: number; code: string }) => [index, code]),
    [[1, 'EVENT_TOO_LARGE']],
  );
  assert.match(response.body.rejected[0].message, /32769 bytes/);
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
    const api = trackingApi();
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
  const api = trackingApi();
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

test('a call of 500 KB is taken, one of a byte more is answered 413', async () => {
  const api = trackingApi();
  const taken = await post(api, batchOf(500 * KILOBYTE));
  assert.equal(taken.status, 200, taken.text);
  assert.equal(taken.body.accepted, 15);
  const refused = await post(api, batchOf(500 * KILOBYTE + 1), { connection: 'keep-alive' });
  assert.equal(refused.status, 413);
  assert.equal(refused.body.success, false);
  assert.equal(refused.body.code, 'BODY_TOO_LARGE');
  assert.equal(refused.headers.connection, 'close');
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

test('nesting that cannot be written again is the sender’s fault, of the event alone where one event has it', async () => {
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
});
