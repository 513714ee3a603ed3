// Few bytes of a body are read, and few inflated, before its sender has proven anything.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { MAX_UNPROVEN_BYTES } from '../../src/sources/request-limits.js';
import { send } from '../../testkit/loopback.js';
import { startHere, type TestServer } from '../../testkit/server.js';

const DOCUMENTS = [
  {
    id: 'signed',
    secretKey: 'secret-signed',
    consoleKey: 'console-signed',
    segment: { sharedSecrets: ['shared-signed'], signedPart: 'body' },
    outbound: { signingSecrets: ['sign-signed'], targets: [{ name: 'segment', writeKey: 'write-signed' }] },
  },
  { id: 'headed', secretKey: 'secret-headed', segment: { headerSecrets: ['header-headed'], apiKeys: ['api-headed'] } },
  {
    id: 'both',
    secretKey: 'secret-both',
    segment: { headerSecrets: ['header-both'], sharedSecrets: ['shared-both'], signedPart: 'body' },
  },
];
const MADE_UP = 'nowhere';

const WRONG_SIGNATURE = ['X-Signature', '0'.repeat(40)];
const WRONG_STATSIG = ['X-Statsig-Signature', `v0=${'0'.repeat(64)}`, 'X-Statsig-Request-Timestamp', '1790000000000'];
const ROUTES: readonly (readonly [path: (id: string) => string, headers: readonly string[], limit: number])[] = [
  [(id) => `/segment/${id}`, WRONG_SIGNATURE, MAX_UNPROVEN_BYTES],
  [(id) => `/statsig/${id}`, WRONG_STATSIG, MAX_UNPROVEN_BYTES],
  [(id) => `/segment/${id}/audiences/create`, [], 65_536],
  [(id) => `/segment/${id}/audiences/get`, [], 65_536],
];

let plugin: TestServer;
let port: number;
const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-'));
before(async () => {
  const settings = join(directory, 'settings.json');
  writeFileSync(settings, JSON.stringify(DOCUMENTS));
  plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    PUBLIC_PORT: '0',
  });
  port = Number(new URL(plugin.publicUrl).port);
});
after(async () => {
  await plugin.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Status and text of the answer. */
async function post(path: string, headers: readonly string[], body: Buffer | Readable): Promise<[number, string]> {
  const response = await send(port, 'POST', path, headers, body);
  return [response.statusCode ?? 0, await text(response)];
}

async function assertTooLarge(headers: readonly string[], make: (limit: number) => Buffer, detail: string) {
  for (const [path, proof, limit] of ROUTES) {
    const answers = [];
    for (const id of ['signed', 'headed', MADE_UP])
      answers.push(await post(path(id), [...proof, ...headers], make(limit)));
    const [first] = answers;
    assert.equal(first?.[0], 413, `${path('signed')}: ${first}`);
    assert.ok(first[1].includes(`limit ${limit} bytes${detail}`), first[1]);
    assert.deepEqual(answers, [first, first, first]);
  }
}

test('a few hundred bytes of brotli that hold 40 MB are inflated to the limit only', async () => {
  const bomb = brotliCompressSync(Buffer.alloc(40_000_000, ' '), {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 5 },
  });
  assert.ok(bomb.length < 1000, `${bomb.length}`);
  await assertTooLarge(['Content-Encoding', 'br'], () => bomb, ', decompressed');
});

test('gzip of half a million small objects is not parsed', async () => {
  const packed = gzipSync(`{"a":[${Array.from({ length: 500_000 }, () => '{"34":0}  ,      ').join('')}0]}`);
  await assertTooLarge(['Content-Encoding', 'gzip'], () => packed, '');
});

test('bytes over the limit are refused, with or without a Content-Length', async () => {
  const over = (limit: number) => Buffer.alloc(limit + 1, ' ');
  await assertTooLarge([], over, '');
  for (const [path, proof, limit] of ROUTES)
    for (const id of ['signed', MADE_UP]) {
      const [status, answer] = await post(
        path(id),
        [...proof, 'Transfer-Encoding', 'chunked'],
        Readable.from([over(limit)]),
      );
      assert.equal(status, 413, answer);
    }
});

test('a body that is announced over the limit is refused before it comes', { timeout: 30_000 }, async () => {
  for (const [path, proof, limit] of ROUTES)
    for (const id of ['signed', MADE_UP]) {
      const body = new Readable({ read() {} });
      body.push(' ');
      const response = await send(port, 'POST', path(id), [...proof, 'Content-Length', String(limit + 1)], body);
      assert.equal(response.statusCode, 413);
      response.destroy();
      body.destroy();
    }
});

test('a wrong signature of a body within the limit is answered as one', async () => {
  for (const id of ['signed', MADE_UP])
    for (const [path, proof] of ROUTES.slice(0, 2))
      assert.equal((await post(path(id), proof, Buffer.alloc(MAX_UNPROVEN_BYTES, ' ')))[0], 401);
});

test('without a signature Statsig may send a handshake and no more, also where no length is announced', async () => {
  const over = Buffer.alloc(5_000, ' ');
  for (const id of ['signed', MADE_UP]) {
    const announced = await post(`/statsig/${id}`, [], over);
    assert.equal(announced[0], 401);
    assert.deepEqual(await post(`/statsig/${id}`, ['Transfer-Encoding', 'chunked'], Readable.from([over])), announced);
  }
});

test('a sender that the head proves may send 20 MB', async () => {
  const event = (messageId: string) => ({
    type: 'track',
    event: 'Visited',
    userId: 'user-42',
    messageId,
    properties: { note: 'x'.repeat(5_000) },
  });
  const batch = (name: string) =>
    Buffer.from(JSON.stringify(Array.from({ length: 4_000 }, (_, index) => event(`${name}-${index}`))));
  const basic = `Basic ${Buffer.from('api-headed:').toString('base64')}`;
  const both = batch('both');
  const signature = createHmac('sha1', 'shared-both').update(both).digest('hex');
  assert.ok(both.length > 20_000_000);
  for (const [id, headers, body] of [
    ['headed', ['X-Statsig-Cdp-Secret', 'header-headed'], batch('header')],
    ['headed', ['Authorization', basic], batch('key')],
    ['both', ['X-Statsig-Cdp-Secret', 'header-both', 'X-Signature', signature], both],
  ] as const) {
    const [status, answer] = await post(`/segment/${id}`, headers, body);
    assert.equal(status, 200, answer.slice(0, 300));
    assert.match(answer, /"accepted":4000/);
  }
  const [status] = await post('/segment/both', ['X-Signature', signature], both);
  assert.equal(status, 413, 'the signature alone proves nothing before the body is read');
});
