// Statsig's event webhook: only what Statsig signed is let in, but for the handshake, and each body form is unpacked.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../../../src/base/errors.js';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { createRequestReader } from '../../../src/http/request-reader.js';
import { sendError } from '../../../src/http/send-response.js';
import type { Ingested } from '../../../src/ingest/inbound.js';
import { compileOutbound } from '../../../src/settings/compile-outbound.js';
import { parseDocuments } from '../../../src/settings/document.js';
import { staticStore } from '../../../src/settings/store.js';
import type { Handshake } from '../../../src/sources/statsig/handshake.js';
import { createStatsigRoutes } from '../../../src/sources/statsig/routes.js';
import { send, serve } from '../../../testkit/loopback.js';
import { routerOf } from '../../../testkit/routes.js';

/** The example of Statsig's documentation, signed with a secret of our own: its own secret is not published. */
const TIME = 1671672194836;
const BODY =
  '{"data":[{"user":{"name":"Joe Zeng","email":"joe@statsig.com"},"timestamp":1671672134833,"eventName":"statsig::config_change","metadata":{"type":"Gate","name":"test","description":"- Updated Rule test rollout from 100.00% to 10.00%","environment":"production"}}]}';
const SECRET = 'webhook-12345';
const SIGNATURE = '433d361c39013a55fa3688d3793e50277adf66823731ad9ec99e6d34e5f0e521';
const LIMIT = 1_000_000;

const targets = [{ name: 'segment', writeKey: 'write-key-example' }];
const { documents, faults } = parseDocuments(
  JSON.stringify({
    workspaces: [
      { id: 'shop', outbound: { signingSecrets: ['webhook-new', SECRET], targets } },
      { id: 'any-time', outbound: { signingSecrets: [SECRET], signatureToleranceMs: 0, targets } },
      { id: 'dry' },
      { id: 'unprotected', outbound: { targets } },
      { id: 'keyed', secretKey: 'secret-example' },
    ],
  }),
  'settings.json',
);

const inFlight = new BytesInFlight(20_000_000);
const handshakes: Handshake[] = [];
let now = TIME;
let loaded = true;
let accepted: { readonly workspaceId: string; readonly events: readonly unknown[] }[] = [];
let counted: { readonly workspaceId: string; readonly results: readonly Ingested[] }[] = [];
/** What the next events become. */
let ingestAs: (events: readonly unknown[]) => readonly Ingested[];

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

let server: Awaited<ReturnType<typeof serve>>;
before(async () => {
  assert.deepEqual(faults, []);
  const store = staticStore(documents);
  const app = express();
  app.use(
    routerOf(
      'statsig',
      createStatsigRoutes({
        reader: createRequestReader(LIMIT, inFlight),
        store: {
          ...store,
          get loaded() {
            return loaded;
          },
        },
        ingest: {
          async accept({ workspaceId }, events) {
            accepted.push({ workspaceId, events });
            return ingestAs(events);
          },
        },
        compileOutbound,
        now: () => now,
        onResults: (results, workspaceId) => counted.push({ workspaceId, results }),
        onHandshake: (handshake) => handshakes.push(handshake),
      }),
    ),
  );
  app.use((_request, _response, next) => next(new PluginError('ROUTE_UNKNOWN')));
  app.use(handleErrors);
  server = await serve(app);
});
after(() => server.close());
beforeEach(() => {
  now = TIME;
  loaded = true;
  accepted = [];
  counted = [];
  ingestAs = (events) => events.map(() => ({ kind: 'accepted' }));
});

interface Answer {
  readonly status: number | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post(workspace: string, body: string | Buffer, headers: readonly string[] = []): Promise<Answer> {
  const response = await send(server.port, 'POST', `/statsig/${workspace}`, headers, Buffer.from(body));
  return { status: response.statusCode, body: JSON.parse(await text(response)) };
}

function signed(signature: string, timestamp: number | string = TIME): readonly string[] {
  return ['X-Statsig-Signature', `v0=${signature}`, 'X-Statsig-Request-Timestamp', `${timestamp}`];
}

function sign(body: string | Buffer, timestamp: number = TIME, secret = SECRET): readonly string[] {
  return signed(createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex'), timestamp);
}

async function assertRefused(answer: Promise<Answer>, status: number, error: string, says = ''): Promise<void> {
  const { status: got, body } = await answer;
  assert.deepEqual([got, body.error], [status, error], JSON.stringify(body));
  assert.ok(String(body.message).includes(says), String(body.message));
  assert.deepEqual([accepted, counted], [[], []]);
}

const ONE_ACCEPTED = { success: true, accepted: 1, duplicates: 0, filtered: 0, rejected: [] };

test("the example of Statsig's documentation is let in", async () => {
  assert.deepEqual(await post('shop', BODY, signed(SIGNATURE)), { status: 200, body: ONE_ACCEPTED });
  assert.deepEqual(accepted, [{ workspaceId: 'shop', events: JSON.parse(BODY).data }]);
  assert.deepEqual(counted, [{ workspaceId: 'shop', results: [{ kind: 'accepted' }] }]);
  assert.equal((await post('shop', BODY, signed(SIGNATURE.toUpperCase()))).status, 200);
});

test('every signing secret of the workspace counts, nothing else does', async () => {
  assert.equal((await post('shop', BODY, sign(BODY, TIME, 'webhook-new'))).status, 200);
  accepted = [];
  counted = [];
  await assertRefused(post('shop', BODY, sign(BODY, TIME, 'webhook-old')), 401, 'WEBHOOK_SIGNATURE_INVALID');
  await assertRefused(post('shop', `${BODY} `, signed(SIGNATURE)), 401, 'WEBHOOK_SIGNATURE_INVALID');
  await assertRefused(post('shop', BODY, signed(SIGNATURE, TIME + 1)), 401, 'WEBHOOK_SIGNATURE_INVALID');
  await assertRefused(post('any-time', BODY, sign(BODY, TIME, 'webhook-new')), 401, 'WEBHOOK_SIGNATURE_INVALID');
});

test('the bytes are signed, not the text they stand for', async () => {
  const body = Buffer.concat([Buffer.from('[{"eventName":"caf'), Buffer.from([0xe9]), Buffer.from('"}]')]);
  assert.equal((await post('shop', body, sign(body))).status, 200);
});

test('a signature without the form of one is refused, and says what is missing', async () => {
  const time = ['X-Statsig-Request-Timestamp', String(TIME)];
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'X-Statsig-Signature is missing'],
    [time, 'X-Statsig-Signature is missing'],
    [['X-Statsig-Signature', `v0=${SIGNATURE}`], 'X-Statsig-Request-Timestamp is missing'],
    [['X-Statsig-Signature', SIGNATURE, ...time], 'is not v0= and 64 hex digits'],
    [['X-Statsig-Signature', `v1=${SIGNATURE}`, ...time], 'is not v0= and 64 hex digits'],
    [signed(SIGNATURE.slice(2)), 'is not v0= and 64 hex digits'],
    [signed(`${SIGNATURE}00`), 'is not v0= and 64 hex digits'],
    [signed(SIGNATURE.replace('4', 'g')), 'is not v0= and 64 hex digits'],
    [[...signed(SIGNATURE), 'X-Statsig-Signature', `v0=${SIGNATURE}`], 'is not v0= and 64 hex digits'],
    [signed(SIGNATURE, 'yesterday'), 'is not a number of milliseconds'],
    [signed(SIGNATURE, `${TIME}.5`), 'is not a number of milliseconds'],
    [signed(SIGNATURE, `-${TIME}`), 'is not a number of milliseconds'],
  ];
  for (const [headers, says] of cases) {
    for (const workspace of ['shop', 'none'])
      await assertRefused(post(workspace, BODY, headers), 401, 'WEBHOOK_SIGNATURE_INVALID', says);
  }
});

test('a right signature is refused when its time is too far off, unless any time is taken', async () => {
  for (const off of [300_000, -300_000]) {
    now = TIME + off;
    assert.equal((await post('shop', BODY, signed(SIGNATURE))).status, 200);
  }
  accepted = [];
  counted = [];
  for (const off of [300_001, -300_001]) {
    now = TIME + off;
    await assertRefused(post('shop', BODY, signed(SIGNATURE)), 401, 'WEBHOOK_TIMESTAMP_REFUSED', '300001 ms');
    await assertRefused(post('shop', `${BODY} `, signed(SIGNATURE)), 401, 'WEBHOOK_SIGNATURE_INVALID');
  }
  assert.equal((await post('any-time', BODY, signed(SIGNATURE))).status, 200);
});

test('an unknown workspace is answered like a wrong signature', async () => {
  const wrong = signed('0'.repeat(64));
  assert.deepEqual(await post('none', BODY, signed(SIGNATURE)), await post('shop', BODY, wrong));
  await assertRefused(post('none', BODY, signed(SIGNATURE)), 401, 'WEBHOOK_SIGNATURE_INVALID', 'no such workspace');
});

test('a compressed body is let in with the signature of either form', async () => {
  const zipped = gzipSync(BODY);
  for (const headers of [signed(SIGNATURE), sign(zipped)])
    assert.equal((await post('shop', zipped, [...headers, 'Content-Encoding', 'gzip'])).status, 200);
  assert.deepEqual(accepted[1]?.events, JSON.parse(BODY).data);
  assert.equal((await post('shop', BODY, [...signed(SIGNATURE), 'Content-Encoding', 'identity'])).status, 200);
  accepted = [];
  counted = [];
  const wrong = post('shop', zipped, [...sign('else'), 'Content-Encoding', 'gzip']);
  await assertRefused(wrong, 401, 'WEBHOOK_SIGNATURE_INVALID');
  const bomb = gzipSync(Buffer.alloc(LIMIT + 1, ' '));
  await assertRefused(post('shop', bomb, [...sign('else'), 'Content-Encoding', 'gzip']), 413, 'BODY_TOO_LARGE');
});

test('beside workspaces that hold secrets none without signing secrets takes anything', async () => {
  for (const workspace of ['dry', 'unprotected', 'keyed'])
    await assertRefused(post(workspace, BODY, signed(SIGNATURE)), 401, 'WEBHOOK_SIGNATURE_INVALID');
});

test('the handshake is answered without a signature, and nothing else is done with it', async () => {
  const question = { event: 'url_verification', verification_code: 'code-1' };
  for (const body of [{ data: question }, question]) {
    for (const workspace of ['shop', 'dry', 'unprotected']) {
      const answer = await post(workspace, JSON.stringify(body));
      assert.deepEqual(answer, { status: 200, body: { verification_code: 'code-1' } });
      assert.deepEqual(handshakes.splice(0), [{ workspaceId: workspace, isKnown: true, isOwnCheck: false }]);
    }
    await post('shop', JSON.stringify(body), ['User-Agent', 'statsig-cdp/0.1.0']);
    assert.deepEqual(handshakes.splice(0), [{ workspaceId: 'shop', isKnown: true, isOwnCheck: true }]);
    const unknown = await post('none', JSON.stringify(body));
    assert.deepEqual(unknown, { status: 200, body: { verification_code: 'code-1' } }, 'no answer tells which exist');
    assert.deepEqual(handshakes.splice(0), [{ workspaceId: 'none', isKnown: false, isOwnCheck: false }]);
    for (const id of ['no.id', 'a'.repeat(65), 'a%20b'])
      await assertRefused(post(id, JSON.stringify(body)), 404, 'WORKSPACE_UNKNOWN');
  }
  assert.deepEqual([accepted, counted], [[], []]);
});

test('a handshake must have a code of sane length', async () => {
  const ask = (code: unknown) =>
    post('shop', JSON.stringify({ data: { event: 'url_verification', verification_code: code } }));
  assert.equal((await ask('c'.repeat(256))).status, 200);
  for (const code of ['c'.repeat(257), '', 1, null, undefined, { a: 'b' }])
    await assertRefused(ask(code), 400, 'BODY_NOT_STATSIG_EVENTS', 'verification_code');
});

test('a long body is no handshake', async () => {
  const ask = (length: number) => {
    const body = JSON.stringify({ data: { event: 'url_verification', verification_code: 'code-1' } });
    return post('shop', body.padEnd(length));
  };
  assert.equal((await ask(4096)).status, 200);
  await assertRefused(ask(4097), 401, 'WEBHOOK_SIGNATURE_INVALID');
  await assertRefused(ask(5000), 401, 'WEBHOOK_SIGNATURE_INVALID');
  const bomb = gzipSync(JSON.stringify({ event: 'url_verification', verification_code: 'code-1' }).padEnd(4097));
  const zipped = post('shop', bomb, ['Content-Encoding', 'gzip']);
  await assertRefused(zipped, 401, 'WEBHOOK_SIGNATURE_INVALID');
});

test('what can prove nothing and is no handshake is refused before its body comes', { timeout: 30_000 }, async () => {
  for (const workspace of ['shop', 'none', 'unprotected']) {
    const body = new Readable({ read() {} });
    body.push('[');
    const response = await send(server.port, 'POST', `/statsig/${workspace}`, ['Content-Length', '4097'], body);
    assert.equal(response.statusCode, 401);
    assert.equal(inFlight.bytes, 0);
    response.destroy();
    body.destroy();
  }
});

test('every body form is unpacked', async () => {
  const event = { eventName: 'purchase' };
  const forms: readonly (readonly [unknown, readonly unknown[]])[] = [
    [
      [event, 1],
      [event, 1],
    ],
    [{ data: [event, event] }, [event, event]],
    [{ data: event }, [event]],
    [event, [event]],
    [{ ...event, data: [1] }, [{ ...event, data: [1] }]],
    [[], []],
    [{ data: [] }, []],
  ];
  for (const [body, events] of forms) {
    accepted = [];
    const sent = JSON.stringify(body);
    const answer = await post('shop', sent, sign(sent));
    assert.deepEqual(answer, { status: 200, body: { ...ONE_ACCEPTED, accepted: events.length } }, sent);
    assert.deepEqual(accepted, [{ workspaceId: 'shop', events }], sent);
  }
});

test('a body without any event is refused', async () => {
  for (const body of ['{}', '1', 'null', '"a"', '[1]', '[{"type":"track"}]', '{"data":1}', '{"data":{"event":"a"}}'])
    await assertRefused(post('shop', body, sign(body)), 400, 'BODY_NOT_STATSIG_EVENTS');
  await assertRefused(post('shop', 'a', sign('a')), 400, 'BODY_NOT_JSON');
  await assertRefused(post('shop', '', sign('')), 400, 'BODY_EMPTY');
  const long = JSON.stringify({ eventName: 'a'.repeat(LIMIT) });
  await assertRefused(post('shop', long, sign(long)), 413, 'BODY_TOO_LARGE');
});

test('the answer says what became of the events, in the words of the webhook', async () => {
  ingestAs = () => [
    { kind: 'accepted' },
    { kind: 'duplicate' },
    { kind: 'filtered', reason: 'loop', detail: 'segment::a' },
    { kind: 'invalid', code: 'STATSIG_EVENT_NAME_MISSING', path: 'eventName' },
    { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' },
  ];
  const { status, body } = await post('shop', BODY, signed(SIGNATURE));
  assert.equal(status, 200);
  const { rejected, ...counts } = body;
  assert.deepEqual(counts, { success: true, accepted: 1, duplicates: 1, filtered: 1 });
  assert.ok(Array.isArray(rejected));
  const places = rejected.map(({ index, code }) => [index, code]);
  assert.deepEqual(places, [
    [3, 'STATSIG_EVENT_NAME_MISSING'],
    [4, 'BODY_NOT_STATSIG_EVENTS'],
  ]);
  assert.match(rejected[0].message, /^STATSIG_EVENT_NAME_MISSING: .* \(eventName\)\./);
  assert.match(rejected[1].message, /\(not an object\)/);
  assert.equal(counted[0]?.results.length, 5);
});

test('a full outbox is told as a failure of ours', async () => {
  for (const code of ['OUTBOX_FULL', 'OUTBOX_UNAVAILABLE'] as const) {
    ingestAs = () => {
      throw new PluginError(code);
    };
    accepted = [];
    const { status, body } = await post('shop', BODY, signed(SIGNATURE));
    assert.deepEqual([status, body.error], [503, 'OUTBOX_UNAVAILABLE']);
    assert.deepEqual(counted, []);
  }
});

test('before the settings are loaded no sender is let in or sent away', async () => {
  loaded = false;
  await assertRefused(post('shop', BODY, signed(SIGNATURE)), 503, 'SETTINGS_NOT_LOADED');
  await assertRefused(post('none', '{"event":"url_verification","verification_code":"a"}'), 503, 'SETTINGS_NOT_LOADED');
});

test('only POST to a workspace is served', async () => {
  for (const method of ['GET', 'PUT']) {
    const response = await send(server.port, method, '/statsig/shop');
    assert.equal(response.statusCode, 405);
    assert.equal(response.headers.allow, 'POST');
    assert.equal(JSON.parse(await text(response)).error, 'METHOD_NOT_ALLOWED');
  }
  for (const [method, path] of [
    ['POST', '/statsig'],
    ['POST', '/Statsig/shop'],
  ] as const) {
    const response = await send(server.port, method, path, [], Buffer.from(BODY));
    assert.equal(response.statusCode, 404, `${method} ${path}`);
    assert.equal(JSON.parse(await text(response)).error, 'ROUTE_UNKNOWN');
  }
});

test('no refusal repeats a secret or a signature', async () => {
  for (const headers of [[], sign(BODY, TIME, 'guessed-example'), signed(SIGNATURE, 'guessed-example')]) {
    for (const workspace of ['shop', 'unprotected', 'none']) {
      const { body } = await post(workspace, BODY, headers);
      assert.doesNotMatch(JSON.stringify(body), /webhook-(12345|new)|(key|secret|guessed)-example|[0-9a-f]{64}/);
    }
  }
});
