// Lists of elements: each costs more to answer than to send, so there is a limit to their number on every route.

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { after, before, test } from 'node:test';
import { testApp } from '../../testkit/app.js';
import { type Loopback, serve } from '../../testkit/loopback.js';

const DOCUMENTS = [{ id: 'open' }, { id: 'acme', rudderstack: { sourceIds: ['src-ours'] } }];

let server: Loopback<Server>;
before(async () => {
  server = await serve(testApp({ documents: DOCUMENTS }).handler);
});
after(() => server.close());

function listOf(count: number, item: string): string {
  return `[${`${item},`.repeat(count - 1)}${item}]`;
}

const PROXY = '"type":"REST","endpoint":"https://elsewhere.example/","method":"POST","body":{"JSON":{"a":1}}';
const JOB = '{"destType":"statsig","config":{}}';

/** What each route takes at the most, and the body of so many elements. */
const ROUTES: readonly (readonly [path: string, most: number, bodyOf: (count: number) => string])[] = [
  ['/v1/sources/statsig', 10_000, (count) => listOf(count, '0')],
  ['/v2/sources/statsig', 10_000, (count) => listOf(count, '{}')],
  ['/v2/sources/webhook', 10_000, (count) => `[{"source":{"ID":"src-ours"}},${listOf(count - 1, '{}').slice(1)}`],
  ['/statsig/open', 20_000, (count) => listOf(count, '{"eventName":""}')],
  ['/statsig/open', 20_000, (count) => `{"data":${listOf(count, '{"eventName":""}')}}`],
  ['/segment/open', 4000, (count) => listOf(count, '{"type":"alias"}')],
  ['/v1/batch', 2500, (count) => `{"writeKey":"unknown","batch":${listOf(count, '{}')}}`],
  ['/deleteUsers', 1000, (count) => listOf(count, JOB)],
  ['/deleteUsers', 1000, (count) => listOf(count, '{"destType":"other"}')],
  [
    '/deleteUsers',
    100_000,
    (count) => `[{"destType":"statsig","config":{},"userAttributes":${listOf(count - 1, '{}')}},
      {"destType":"statsig","config":{},"userAttributes":[{}]}]`,
  ],
  ['/v1/destinations/statsig/proxy', 10_000, (count) => `{${PROXY},"metadata":${listOf(count, '{}')}}`],
];

async function post(path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(server.url + path, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

for (const [path, most, bodyOf] of ROUTES)
  test(`${path} takes ${most} elements and refuses one more: ${bodyOf(2).slice(0, 60)}`, async () => {
    const taken = await post(path, bodyOf(most));
    assert.doesNotMatch(taken.text.slice(0, 500), /BATCH_TOO_LONG/);
    const refused = await post(path, bodyOf(most + 1));
    assert.equal(refused.status, 400, refused.text.slice(0, 500));
    assert.match(refused.text, /BATCH_TOO_LONG/);
  });
