// What is replaced, and by what.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixtureExchange, Json } from '../../src/contract/fixture.js';
import { scrubExchanges } from '../../src/record/scrub-fixture.js';
import { ScrubRules } from '../../src/record/scrub-rules.js';

const NOW = Date.parse('2027-05-06T07:08:09.123Z');

function rules(fields: readonly string[] = []): ScrubRules {
  return new ScrubRules({ fields, own: [] });
}

function scrubBody(body: Json, kept = rules()): Json {
  const [exchange] = scrubExchanges(
    [{ request: { method: 'POST', path: '/v1/track', body }, response: { status: 200 } }],
    kept,
    NOW,
  );
  return exchange?.request.body ?? null;
}

function scrubOne(exchange: FixtureExchange): FixtureExchange | undefined {
  return scrubExchanges([exchange], rules(), NOW)[0];
}

test('the same person has the same address in each file, and people of examples keep theirs', () => {
  const kept = rules();
  const first = scrubBody(
    { email: 'Ada@lovelace.dev', note: 'cc ada@lovelace.dev, b@babbage.dev', other: 'user@example.com' },
    kept,
  );
  assert.deepEqual(first, {
    email: 'person-1@example.com',
    note: 'cc person-1@example.com, person-2@example.com',
    other: 'user@example.com',
  });
  assert.deepEqual(scrubBody({ to: 'b@babbage.dev' }, kept), { to: 'person-2@example.com' });
});

test('a long text costs no more than its length, whatever it is made of', () => {
  const size = 200_000;
  const pieces = ['a', 'a@', 'a.', '1.', '@a.', '"a":"\\', 'eyJ', '1:', '%40', '2027-', ' ', 'Basic '];
  const started = process.cpuUsage().user;
  for (const piece of pieces) scrubBody({ text: piece.repeat(size / piece.length) });
  for (const piece of pieces)
    scrubOne({
      request: { method: 'POST', path: '/', bodyString: piece.repeat(size / piece.length) },
      response: { status: 200 },
    });
  const seconds = (process.cpuUsage().user - started) / 1e6;
  // Minutes, where one of the patterns looks at the rest of the text from each of its characters.
  assert.ok(seconds < 20, `${seconds} s`);
});

test('an address of the internet becomes one of the internet, one of a network inside one of such', () => {
  const body = scrubBody({
    a: '8.8.8.8',
    list: '8.8.4.4, 192.168.7.9',
    six: '2a00:1450:4001::1',
    url: 'http://8.8.8.8:80/x',
    own: ['127.0.0.1', '0.0.0.0', '203.0.113.77', '::1'],
    version: 'Chrome/120.0.0.0',
  });
  assert.deepEqual(body, {
    a: '203.0.113.1',
    list: '203.0.113.2, 10.255.0.2',
    six: '2001:db8::1',
    url: 'http://203.0.113.1:80/x',
    own: ['127.0.0.1', '0.0.0.0', '203.0.113.77', '::1'],
    version: 'Chrome/120.0.0.0',
  });
});

test('times around the recording move to one moment in the form in which they are written; others stay', () => {
  const body = scrubBody({
    ms: NOW,
    seconds: Math.floor(NOW / 1000),
    zone: '2027-05-06T09:08:09.123456+02:00',
    go: '2027-05-06T07:08:09.12345678Z',
    hourAgo: new Date(NOW - 3_600_400).toISOString(),
    inId: `ajs-next-${NOW}-x`,
    http: new Date(NOW).toUTCString(),
    birthday: '1990-04-05',
    old: '2020-01-01T00:00:00.000Z',
    count: 1234567890,
  });
  assert.deepEqual(body, {
    ms: 1767323045000,
    seconds: 1767323045,
    zone: '2026-01-02T05:04:05.000000+02:00',
    go: '2026-01-02T03:04:05.000000000Z',
    hourAgo: '2026-01-02T02:04:05.000Z',
    inId: 'ajs-next-1767323045000-x',
    http: 'Fri, 02 Jan 2026 03:04:05 GMT',
    birthday: 'birthday-1',
    old: '2020-01-01T00:00:00.000Z',
    count: 1234567890,
  });
});

test('in what is expected, what the request says is told from what the plugin makes', () => {
  const sent = '0c0ffee0-1111-4222-8333-444455556666';
  const exchange = scrubOne({
    request: {
      method: 'POST',
      path: '/v1/track',
      body: { messageId: sent, timestamp: new Date(NOW - 5).toISOString() },
    },
    response: {
      status: 200,
      body: { id: sent, made: '0c0ffee0-1111-4222-8333-444455557777', at: new Date(NOW).toISOString() },
    },
    calls: [
      { to: 'statsig', method: 'POST', path: '/v1/log_event', body: { events: [{ time: NOW - 5 }, { time: NOW }] } },
    ],
  });
  const numbered = '00000000-0000-4000-8000-000000000001';
  assert.deepEqual(exchange?.response.body, { id: numbered, made: '{{uuid}}', at: '{{time}}' });
  assert.deepEqual(exchange?.calls?.[0]?.body, { events: [{ time: 1767323045000 }, { time: '{{receivedAtMs}}' }] });
});

test('a field that is named is replaced wherever it stands, the same value by the same', () => {
  const kept = rules(['traits.plan', 'note']);
  assert.deepEqual(scrubBody({ traits: { plan: 'gold', n: 1 }, plan: 'gold', a: { note: 'x' }, NOTE: 'y' }, kept), {
    traits: { plan: 'plan-1', n: 1 },
    plan: 'gold',
    a: { note: 'note-1' },
    NOTE: 'note-2',
  });
  assert.deepEqual(scrubBody({ traits: { plan: 'gold' }, note: 7 }, kept), { traits: { plan: 'plan-1' }, note: 3 });
});

test('JSON that says more than its value stays text, and what is in it is replaced by the same', () => {
  const uuid = '0c0ffee0-1111-4222-8333-444455556666';
  const exchange = scrubOne({
    request: {
      method: 'POST',
      path: '/',
      bodyString: `{"n": 1.0, "ip": "192.168.7.9", "messageId": "${uuid}", "password": "pass-phrase", "email": "a@b.dev"}`,
    },
    response: { status: 200, body: { ip: '192.168.7.9', messageId: uuid, email: 'a@b.dev' } },
  });
  assert.equal(
    exchange?.request.bodyString,
    '{"n": 1.0, "ip": "10.255.0.2", "messageId": "00000000-0000-4000-8000-000000000001", "password": "{{password}}", "email": "person-1@example.com"}',
  );
  const numbered = '00000000-0000-4000-8000-000000000001';
  assert.deepEqual(exchange?.response.body, { ip: '10.255.0.2', messageId: numbered, email: 'person-1@example.com' });
});

test('JSON within a string, and within base64 in an answer, is scrubbed as such', () => {
  const inner = JSON.stringify({ writeKey: 'a-write-key', email: 'a@b.dev' });
  const exchange = scrubOne({
    request: { method: 'POST', path: '/v2/sources/statsig', body: [{ request: { body: inner } }] },
    response: { status: 200, body: { text: Buffer.from(inner).toString('base64') } },
  });
  const scrubbed = { writeKey: '{{writeKey}}', email: 'person-1@example.com' };
  assert.deepEqual(exchange?.request.body, [{ request: { body: JSON.stringify(scrubbed) } }]);
  assert.deepEqual(exchange?.response.body, { text: { '{{base64}}': scrubbed } });
});
