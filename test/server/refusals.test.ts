// No sender is refused without a trace: every answered error of every route has its counter and its line, which tell no secret and cannot be made to flood.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ERRORS, INVALID_EVENT, UNREADABLE } from '../../src/base/errors.js';
import type { Logger } from '../../src/base/logger.js';
import { staticStore } from '../../src/settings/store.js';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { declaredPaths } from '../../testkit/routes.js';
import { element } from '../../testkit/rudderstack.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

const EVENT = { type: 'track', event: 'Visited', userId: 'user-42' };
const SHOP = {
  id: 'shop',
  secretKey: 'secret-of-the-shop',
  eventsUrl: NOWHERE,
  apiUrl: NOWHERE,
  rudderstack: { destinationIds: ['dest-shop'], sourceIds: ['src-1'] },
  segment: {
    sharedSecrets: ['shared-of-the-shop'],
    headerSecrets: ['header-of-the-shop'],
    apiKeys: ['api-of-the-shop'],
  },
  trackingApi: { writeKeys: ['write-of-the-shop'] },
  outbound: {
    signingSecrets: ['sign-of-the-shop'],
    targets: [{ name: 'web', writeKey: 'target-of-the-shop', host: NOWHERE }],
  },
};
const LISTS = {
  id: 'lists',
  consoleKey: 'console-of-the-lists',
  consoleUrl: NOWHERE,
  segment: { headerSecrets: ['header-of-the-lists'] },
};
const BARE = {
  id: 'bare',
  secretKey: 'secret-of-the-bare',
  eventsUrl: NOWHERE,
  apiUrl: NOWHERE,
  segment: { headerSecrets: ['header-of-the-bare'] },
};
const SECRETS = /of-the-(?:shop|lists|bare)|secret-example/;

interface Line {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

interface Sent {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An app on one port, whose clock is the test's, its log, and what it counts. */
async function start(
  context: TestContext,
  environment: Readonly<Record<string, string>> = {},
  options: Omit<NonNullable<Parameters<typeof testApp>[0]>, 'environment'> = { documents: [SHOP, LISTS, BARE] },
) {
  const lines: Line[] = [];
  const keep = (level: string) => (fields: object, message: string) => void lines.push({ ...fields, level, message });
  const log: Logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  const time = { now: 1_800_000_000_000 };
  const app = testApp({
    ...options,
    log,
    clock: { now: () => time.now, wall: Date.now },
    environment: { OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'), ...environment },
  });
  const server = await serve(app.handler);
  const outside = await serve(app.publicHandler);
  context.after(async () => {
    await server.close();
    await outside.close();
    await app.close(0);
  });
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  return {
    app,
    lines,
    time,
    server,
    outside,
    refused: () => lines.filter(({ message }) => message.startsWith('Refused.')),
    metric: async (name: string, labels: Readonly<Record<string, string>> = {}) =>
      sumSamples(await metrics(), name, labels),
    metrics,
    async send({ path, method = 'POST', headers = {}, body = '' }: Sent, url = server.url) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(method !== 'GET' && method !== 'HEAD' && { body }),
      });
      const { status, headers: answered } = response;
      // It would go on for ever.
      const isStream = answered.get('content-type')?.startsWith('text/event-stream') === true;
      if (isStream) await response.body?.cancel();
      return { status, headers: answered, text: isStream ? '' : await response.text() };
    },
  };
}

/** The codes of an answer, of the whole or of its parts. */
function codesOf(text: string): readonly string[] {
  const codes = new Set<string>();
  for (const [, code = ''] of text.matchAll(/"(?:error|code|message)": ?"([A-Z][A-Z_]{5,})[": ]/g)) codes.add(code);
  return [...codes].filter((code) => Object.hasOwn(ERRORS, code) && !Object.hasOwn(INVALID_EVENT, code));
}

const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString('base64')}` });
const json = JSON.stringify;

/** Proofs that prove nothing anywhere: each is sent to every route. */
const WRONG_PROOFS: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: 'Bearer wrong' },
  basic('wrong:'),
  { 'x-signature': '0'.repeat(40) },
  { 'x-statsig-signature': `v0=${'0'.repeat(64)}`, 'x-statsig-request-timestamp': String(Date.now()) },
];

/** What opens the routes of a protocol; the workspace beside it is that of the path. */
const PROOFS: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>][]>> = {
  rudderstack: [['shop', {}]],
  segment: [
    ['lists', { authorization: 'Bearer header-of-the-lists' }],
    ['shop', basic('api-of-the-shop:')],
    ['lists', basic('api-of-the-shop:')],
    ['bare', { authorization: 'Bearer header-of-the-bare' }],
  ],
  trackingApi: [['shop', basic('write-of-the-shop:')]],
  statsig: [['shop', signWebhook('[0]', 'sign-of-the-shop', 1)]],
  operations: [['shop', { authorization: 'Bearer admin-of-the-shop' }]],
};

/** None, bad ones, and those that are another route's: each is sent to every route. */
const BODIES: readonly Omit<Sent, 'path'>[] = [
  { body: '' },
  { body: '{"type":' },
  { body: '1' },
  { body: '[]' },
  { body: '{}' },
  { body: json(EVENT) },
  { body: json([EVENT]) },
  { body: json({ audienceName: 'vip' }) },
  { body: json({ externalId: '!' }) },
  { body: '[0]' },
  { body: json({ workspace: 'shop', target: 'web' }) },
  { body: json([{ destType: 'statsig' }, { destType: 'other' }]) },
  { body: json([{ destType: 'other' }]) },
  {
    body: json([
      { event: {}, source: { ID: 'src-1' } },
      { event: {}, source: { ID: 'another' } },
    ]),
  },
  { body: json({ destType: 'statsig' }) },
  { body: json({ batch: Array.from({ length: 2_501 }, () => 0) }) },
  { body: json({ batch: [EVENT, { ...EVENT, writeKey: 'wrong' }] }) },
  { body: 'x'.repeat(60_001) },
  { body: json(EVENT), headers: { 'content-encoding': 'zstd' } },
  { body: json(EVENT), headers: { 'content-encoding': 'gzip' } },
];

/** What no request alone brings about here: each has its own test, below or where it is limited. They take the same way out of the app. */
const OF_OTHER_TESTS = [
  'BODY_TAKEN',
  'BODY_TOO_DEEP',
  'EVENT_TYPE_UNSUPPORTED',
  'BODY_TOO_MANY_VALUES',
  'ANSWER_TOO_LARGE',
  'BODY_INCOMPLETE',
  'ENDPOINT_NOT_ALLOWED',
  'INTERNAL',
  'OVERLOADED',
  'DRAINING',
  'CONNECT_FULL',
  'LIVE_LOG_FULL',
  // Of operators.
  'CONNECT_BUSY',
  'CONNECT_DEED_UNKNOWN',
  'DEAD_LETTER_UNKNOWN',
  'HOST_REFUSED',
  'LIVE_ENTRY_UNKNOWN',
  'ORIGIN_REFUSED',
  'REDELIVERY_UNKNOWN',
  'ROLE_INSUFFICIENT',
  'SETTINGS_CHANGED',
  'SETTINGS_EDIT_FAULTY',
  'SETTINGS_EDIT_INVALID',
  'SETTINGS_NOT_SAVED',
  'SETTINGS_NOT_WRITABLE',
  'SETTINGS_VERSION_UNKNOWN',
  'TESTER_BODY_INVALID',
  'TESTER_BODY_MASKED',
  'TOO_MANY_WRONG_TOKENS',
  'WORKSPACE_NOT_NAMED',
  'SETTINGS_NOT_LOADED',
  'TARGETS_MISSING',
  'PUBLIC_ROUTES_OFF',
  'OUTBOX_FULL',
  'OUTBOX_UNAVAILABLE',
  'OUTBOX_UNCONFIRMED',
  'LOOP_DETECTED',
  'UPSTREAM_UNREACHABLE',
];

test('every answered error of every route is counted by its code, and has its line in the log', async (context) => {
  const app = await start(context, { MAX_BODY_BYTES: '60000', ADMIN_TOKEN: 'admin-of-the-shop' });
  const walked: [Sent, string][] = [];
  const expected = new Map<string, number>();
  for (const { protocol, method, path } of declaredPaths()) {
    const to = (workspace: string) => path.replace(':workspace', workspace).replace(':writeKey', 'wrong');
    const requests: Sent[] = [
      ...['GET', 'PUT', 'DELETE'].map((other) => ({ path: to('shop'), method: other })),
      ...WRONG_PROOFS.map((headers) => ({ path: to('shop'), method, headers, body: json([EVENT]) })),
      ...(PROOFS[protocol] ?? []).flatMap(([workspace, proof]) =>
        BODIES.map(({ headers, ...body }) => ({
          path: to(workspace),
          method,
          headers: { ...headers, ...proof },
          ...body,
        })),
      ),
      { path: `${to('shop')}/%ff/x`, method },
    ];
    for (const sent of requests) {
      // Beyond the minute for which lines have an end.
      app.time.now += 2_000;
      const { status, text } = await app.send(sent);
      // What others were refused is no refusal.
      if (path === '/api/live' && status === 200) continue;
      for (const code of codesOf(text)) expected.set(code, (expected.get(code) ?? 0) + 1);
      if (status >= 400 || codesOf(text).length > 0) walked.push([sent, `${status} ${text}`]);
    }
  }
  const samples = await app.metrics();
  const counted = (code: string) => sumSamples(samples, 'statsig_cdp_refused_total', { code });
  for (const [code, times] of expected) assert.ok(counted(code) >= times, `${code} ${counted(code)} of ${times}`);
  for (const [sent, answer] of walked)
    if (codesOf(answer).length === 0)
      assert.match(answer, /"(?:error|code)":"[A-Z_]+"|"statusCode"/, `${sent.method} ${sent.path}: ${answer}`);

  const counts = [...samples.matchAll(/^statsig_cdp_refused_total\{route="(.*)",code="(.*)"\} \d+$/gm)];
  const paths = new Set(declaredPaths().map(({ path }) => path));
  for (const [, route = '', code = ''] of counts) {
    assert.ok(
      paths.has(route.replace(/:(destination|source)Type/, 'statsig')) || /^other$|\/\*rest$/.test(route),
      route,
    );
    const of = app.refused().filter((line) => line.route === route && line.code === code);
    assert.ok(of.length > 0, `a line of ${code} at ${route}`);
    assert.ok(of.every(({ level }) => level === 'warn'));
  }
  const ofRequests = Object.keys(ERRORS).filter((code) => !Object.hasOwn({ ...INVALID_EVENT, ...UNREADABLE }, code));
  const unseen = ofRequests.filter((code) => !expected.has(code));
  assert.deepEqual(unseen.toSorted(), OF_OTHER_TESTS.toSorted());
  assert.doesNotMatch(json(app.lines), SECRETS);
});

test('what the process is to blame for is counted and told as well', async (context) => {
  const unloaded = await start(context, {}, { loaded: false, store: staticStore([]) });
  for (const { method, path, listener } of declaredPaths()) {
    if (listener === 'private') continue;
    const { text } = await unloaded.send({ path, method });
    if (text.includes('SETTINGS_NOT_LOADED'))
      assert.ok(await unloaded.metric('statsig_cdp_refused_total', { code: 'SETTINGS_NOT_LOADED' }));
  }
  assert.ok(unloaded.refused().filter(({ code }) => code === 'SETTINGS_NOT_LOADED').length >= 5);

  const upstream = await start(context, { UPSTREAM_TRANSFORMER_URL: 'http://127.0.0.1:9', PUBLIC_PORT: '1' });
  await upstream.send({ path: '/segment/shop', body: json(EVENT) });
  await upstream.send({ path: '/v0/destinations/webhook', body: '[]' });
  upstream.app.lifecycle.drain(0);
  await upstream.send({ path: '/segment/shop', body: json(EVENT) }, upstream.outside.url);
  for (const code of ['PUBLIC_ROUTES_OFF', 'UPSTREAM_UNREACHABLE', 'DRAINING'])
    assert.equal(await upstream.metric('statsig_cdp_refused_total', { code }), 1, code);
  assert.deepEqual(
    upstream.refused().map(({ code, route }) => `${code} ${route}`),
    ['PUBLIC_ROUTES_OFF /segment/:workspace', 'DRAINING other'],
  );
  assert.equal(upstream.lines.filter(({ message }) => message === 'The upstream transformer fails.').length, 1);
});

test('a stranger who was refused first hides no sender whose key stands at another place', async (context) => {
  const app = await start(context);
  const body = json(EVENT);
  const line = async (headers: Readonly<Record<string, string>>) => {
    await app.send({ path: '/v1/track', body, headers }, app.outside.url);
  };
  for (let index = 0; index < 3; index += 1) await line(basic(`made-up-${index}:`));
  await line(basic('api-of-the-shop:'));
  await until(async () => app.refused().length >= 2, 'a line for each of the two');
  assert.deepEqual(
    app.refused().map(({ sentIs }) => sentIs),
    [undefined, ['segment.apiKeys of workspace shop']],
  );
});

test('the line of a refused sender says what is configured, what was sent, and what was probably meant', async (context) => {
  const app = await start(context);
  const told = async (sent: Sent) => {
    const before = app.refused().length;
    // Rows of before are over.
    app.time.now += 600_000;
    const answer = await app.send(sent, app.outside.url);
    await until(async () => app.refused().length > before, `a line for ${sent.path}`);
    return { answer, line: app.refused().at(-1) as Line };
  };
  const body = json(EVENT);

  const mistyped = await told({ path: '/segment/shp', body, headers: { authorization: 'Bearer header-of-the-shop' } });
  assert.deepEqual([mistyped.line.unknownWorkspace, mistyped.line.nearestWorkspace], ['shp', 'shop']);
  assert.deepEqual(mistyped.line.sentIs, ['segment.headerSecrets of workspace shop']);
  assert.doesNotMatch(mistyped.answer.text, /shop"|nearest|configured/, 'the sender is told nothing of it');

  const unsigned = await told({ path: '/segment/shop', body, headers: { 'user-agent': 'Segment.io' } });
  assert.equal(unsigned.line.workspace, 'shop');
  assert.deepEqual(unsigned.line.configured, { workspaces: 3, sharedSecrets: 1, headerSecrets: 1, apiKeys: 1 });
  assert.deepEqual([unsigned.line.sent, unsigned.line.userAgent], [[], 'Segment.io']);

  const swapped = await told({ path: '/v1/track', body, headers: basic('api-of-the-shop:') });
  assert.deepEqual(swapped.line.sentIs, ['segment.apiKeys of workspace shop']);

  const elsewhere = await told({ path: '/segment/lists', body, headers: basic('api-of-the-shop:') });
  assert.deepEqual([elsewhere.answer.status, elsewhere.line.code], [404, 'WORKSPACE_UNKNOWN']);
  const late = await told({ path: '/statsig/shop', body: '[]', headers: signWebhook('[]', 'sign-of-the-shop', 1) });
  assert.equal(late.line.code, 'WEBHOOK_TIMESTAMP_REFUSED');
  const forged = await told({ path: '/segment/shop', body, headers: { 'x-signature': '0'.repeat(40) } });
  assert.deepEqual([forged.line.code, forged.line.sent], ['SIGNATURE_INVALID', ['x-signature']]);

  for (const path of ['/segment/shared-of-the-shop', '/hook/secret-exampleexample'])
    await told({ path, body, headers: { 'user-agent': 'x write-of-the-shop' } });
  assert.doesNotMatch(json(app.lines), SECRETS);
});

test('strangers cannot flood the log or make series: rows, lines in a minute, and names they make up', async (context) => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    id: `shop-${index}`,
    segment: { apiKeys: [`key-${index}`] },
  }));
  const app = await start(context, {}, { documents: many });
  const send = (path: string) => app.send({ path, body: '{}' }, app.outside.url);
  for (let index = 0; index < 50; index += 1) await send(`/segment/made-up-${index}-by-nobody-at-all`);
  await send('/segment/shop-1');
  await send('/segment/shop-1');
  await app.metrics();
  assert.deepEqual(
    app.refused().map(({ workspace = '' }) => workspace),
    ['', 'shop-1'],
    'one line for what exists not, one for what exists',
  );
  app.time.now += 600_000;
  await send('/segment/shop-1');
  await until(async () => app.refused().length === 3, 'the row goes on');
  assert.equal(app.refused().at(-1)?.others, 1);

  for (const { id } of many) await send(`/segment/${id}`);
  await app.metrics();
  assert.equal(app.refused().length, 2 + 60, 'no more lines in a minute');
  const samples = (await app.metrics()).match(/^statsig_cdp_refused_total\{.*/gm) ?? [];
  assert.deepEqual(samples, [`statsig_cdp_refused_total{route="/segment/:workspace",code="SENDER_UNKNOWN"} 153`]);
});

test('a wrong method is 405 with Allow, and a wrong path names the nearest route of the kind of sender', async (context) => {
  const app = await start(context);
  for (const [path, allow] of [
    ['/segment/shop', 'POST'],
    ['/segment', 'POST'],
    ['/segment/shop/audiences/create', 'POST'],
    ['/statsig/shop', 'POST'],
    ['/v1/track', 'POST, OPTIONS'],
    ['/v1/import', 'POST, OPTIONS'],
  ] as const)
    for (const url of [app.server.url, app.outside.url]) {
      const { status, headers, text } = await app.send({ path, method: 'GET' }, url);
      assert.deepEqual([status, headers.get('allow')], [405, allow], path);
      assert.match(text, /METHOD_NOT_ALLOWED/);
    }
  const settings = await app.send({ path: '/v1/projects/x/settings' }, app.outside.url);
  assert.deepEqual([settings.status, settings.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);

  const statsig = { 'x-statsig-signature': 'v0=' };
  for (const [path, nearest, headers] of [
    ['/segmnt/shop', '/segment/:workspace', {}],
    ['/Segment/shop', '/segment/:workspace', {}],
    ['/api/segment/shop', '/segment/:workspace', {}],
    ['/segment/shop/events', '/segment/:workspace', {}],
    ['/segment/shop/audience/create', '/segment/:workspace/audiences/create', {}],
    ['/v1/trak', '/v1/track', {}],
    ['/cdp/v1/batch', '/v1/batch', {}],
    ['/statsigg/shop', '/statsig/:workspace', {}],
    ['/statsig', '/statsig/:workspace', {}],
    ['/track', '/v1/track', {}],
    ['/import', '/v1/import', {}],
    ['/shop/audiences/get', '/segment/:workspace/audiences/get', {}],
    ['/webhooks', '/statsig/:workspace', statsig],
    ['/segment/shop', '/segment/:workspace', statsig],
    ['/webhooks', '/segment/:workspace', { 'x-signature': 'x' }],
    ['/webhooks', '/v1/track', basic('key:')],
  ] as const) {
    if (path === '/segment/shop') continue;
    for (const url of [app.server.url, app.outside.url]) {
      const { status, text } = await app.send({ path, headers, body: '{}' }, url);
      assert.equal(status, 404, path);
      assert.ok(text.includes(`the nearest route is POST ${nearest})`), `${path}: ${text}`);
      assert.doesNotMatch(text, /UPSTREAM_TRANSFORMER_URL/);
    }
  }
  const stock = await app.send({ path: '/v0/destinations/webhook', body: '[]' });
  assert.match(stock.text, /UPSTREAM_TRANSFORMER_URL names the stock transformer/);
  assert.match(
    (await app.send({ path: '/routerTransfrom', body: '{}' })).text,
    /nearest route is POST \/routerTransform;/,
  );
});

test('what proves a sender is told with its scheme and its form, and seconds are recognised', async (context) => {
  const app = await start(context);
  const said = async (sent: Sent, ...patterns: readonly RegExp[]) => {
    const { status, text } = await app.send(sent, app.outside.url);
    assert.equal(status, 401, text);
    for (const pattern of patterns) assert.match(text, pattern);
  };
  const body = json(EVENT);
  const path = '/segment/shop';
  const sha256 = createHmac('sha256', 'shared-of-the-shop').update(body);
  await said({ path, body }, /there is no `Authorization`/, /`Authorization: Bearer SECRET`/, /`X-Signature`/);
  await said({ path, body, headers: { authorization: 'header-of-the-shop' } }, /neither `Bearer SECRET` nor `Basic`/);
  await said({ path, body, headers: basic('api-of-the-shop:x') }, /nothing behind the colon/);
  await said({ path, body, headers: { 'x-signature': '0'.repeat(40) } }, /HMAC-SHA1 of the body with it, as 40 hex/);
  await said({ path, body, headers: { 'x-signature': sha256.digest('hex') } }, /64 hex digits, as of SHA-256/);
  const sha1 = createHmac('sha1', 'shared-of-the-shop').update(body).digest('base64');
  await said({ path, body, headers: { 'x-signature': sha1 } }, /is base64/);
  await said({ path: '/segment/shop/audiences/create', body: '{"audienceName":"vip"}' }, /no `secret` in the body/);
  await said({ path: '/v1/track', body }, /neither `Authorization: Basic` nor the body names a write key/);

  const seconds = Math.floor(Date.now() / 1000);
  const webhook = { path: '/statsig/shop', body: '[]' };
  const right = signWebhook('[]', 'sign-of-the-shop', seconds);
  await said({ ...webhook, headers: right }, /WEBHOOK_TIMESTAMP_REFUSED/, /in seconds, not in milliseconds/);
  const wrong = signWebhook('[]', 'wrong', seconds);
  await said(
    { ...webhook, headers: wrong },
    /WEBHOOK_SIGNATURE_INVALID/,
    /in seconds/,
    /HMAC-SHA256 of `v0:TIME:BODY`/,
  );
});

test("RudderStack's events and jobs are counted under the workspace that claims their destination, with the reason", async (context) => {
  const statuses = new Map([
    ['k400', 400],
    ['k401', 401],
    ['k403', 403],
    ['k404', 404],
  ]);
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(statuses.get(String(request.headers['statsig-api-key'])) ?? 202).end('{"success":true}');
  });
  context.after(() => statsig.close());
  const documents = [{ ...SHOP, eventsUrl: statsig.url, apiUrl: statsig.url }];
  const app = await start(context, {}, { documents });
  const destination = { ID: 'dest-shop', WorkspaceID: 'ws', Config: {} };
  const events = [
    element(1, { destination }),
    element(2, { destination, message: { type: 'alias' } }),
    element(3),
    element(4, { destination: { ID: 'made-up', Config: {} } }),
  ];
  await app.send({ path: '/v0/destinations/statsig', body: json(events) });
  await app.send({ path: '/routerTransform', body: json({ destType: 'statsig', input: events }) });
  for (const stage of ['processor', 'router']) {
    const labels = { protocol: 'rudderstack', stage };
    const counts = async (workspace: string, ...outcomes: readonly string[]) =>
      Promise.all(outcomes.map((outcome) => app.metric('statsig_cdp_events_total', { ...labels, workspace, outcome })));
    assert.deepEqual(await counts('shop', 'received', 'converted', 'filtered'), [2, 1, 1], stage);
    assert.deepEqual(await counts('', 'received'), [2], 'whose ids anyone can make up');
  }

  const deliver = (key: string, destinationId: string) =>
    app.send({
      path: '/v1/destinations/statsig/proxy',
      body: json({
        type: 'REST',
        method: 'POST',
        endpoint: `${statsig.url}/v1/log_event`,
        headers: { 'STATSIG-API-KEY': key },
        body: { JSON: { events: [{ eventName: 'a' }] }, FORM: {}, XML: {}, JSON_ARRAY: {} },
        metadata: [{ jobId: 1, destinationId, workspaceId: 'ws' }],
      }),
    });
  for (const key of ['good', ...statuses.keys(), 'k401']) await deliver(key, 'dest-shop');
  await deliver('k401', 'made-up');
  const jobs = (workspace: string, outcome: string, reason: string) =>
    app.metric('statsig_cdp_events_total', { stage: 'proxy', workspace, outcome, reason });
  assert.equal(await jobs('shop', 'delivered', ''), 1);
  for (const [reason, count] of Object.entries({ rejected: 1, unauthorized: 2, forbidden: 1, not_found: 1 }))
    assert.equal(await jobs('shop', 'failed_delivery', reason), count, reason);
  assert.equal(await jobs('', 'failed_delivery', 'unauthorized'), 1);
  const given = app.lines.filter(({ message }) => /jobs are given up/.test(message));
  assert.deepEqual(
    given.map(({ workspace, reason, status }) => [workspace, reason, status]),
    [
      ['shop', 'rejected', 400],
      ['shop', 'unauthorized', 401],
      ['shop', 'forbidden', 403],
      ['shop', 'not_found', 404],
      ['', 'unauthorized', 401],
    ],
  );
  assert.doesNotMatch(json(given), /k40\d/);
});
