// Two listeners: who reaches the public port learns no key and reaches no route that is not for senders outside.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testApp } from '../../testkit/app.js';
import { send, serve } from '../../testkit/loopback.js';
import { declaredPaths } from '../../testkit/routes.js';
import { element } from '../../testkit/rudderstack.js';
import { failToStart, startHere, startProcess, type TestServer } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const KEY = 'secret-of-the-document';
const SENDERS = { segment: { headerSecrets: ['header-example'] } };
const KEYED = { id: 'shop', secretKey: KEY, rudderstack: { destinationIds: ['dest-shop'] } };
const EVENT = JSON.stringify({ type: 'track', event: 'Visited', userId: 'user-42' });

const BATCH = Buffer.from('{"destType":"webhook","input":[]}');

/** A settings file that is replaced as a whole. */
function settingsFile(context: TestContext, ...documents: readonly object[]) {
  const file = join(temporaryDirectory(context), 'settings.json');
  const write = (...next: readonly object[]) => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  write(...documents);
  return { file, write };
}

async function start(
  context: TestContext,
  environment: Readonly<Record<string, string>>,
  how: (environment: Readonly<Record<string, string>>) => Promise<TestServer> = startHere,
): Promise<TestServer> {
  const OUTBOX_DIRECTORY = join(temporaryDirectory(context), 'outbox');
  const plugin = await how({ SINGLE_PORT: 'false', LOG_LEVEL: 'info', OUTBOX_DIRECTORY, ...environment });
  context.after(() => plugin.stop());
  return plugin;
}

/** Asks for the key as anybody could: with an event that names the destination only. */
function askForKey(url: string): Promise<string> {
  const body = JSON.stringify([element(1, { destination: { ID: 'dest-shop', Config: {} } })]);
  return fetch(`${url}/v0/destinations/statsig`, { method: 'POST', body }).then((answer) => answer.text());
}

function postEvent(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/segment/shop`, { method: 'POST', body: EVENT, headers });
}

async function publicRoutesAt(url: string): Promise<{ servedOn: string; reason?: string }> {
  return JSON.parse(await (await fetch(`${url}/readyz`)).text()).checks.publicRoutes;
}

async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${JSON.parse(await answer.text()).error}`;
}

test('the public port serves the public routes and answers 404 to all others, which reach no transformer', async (context) => {
  const asked: string[] = [];
  const transformer = await serve((request, response) => {
    // Asked again and again, whatever comes to the ports.
    if (request.url !== '/features') asked.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  context.after(() => transformer.close());
  const { file } = settingsFile(context, { ...KEYED, ...SENDERS });
  const plugin = await start(context, {
    PUBLIC_PORT: '0',
    STATSIG_CDP_SETTINGS: file,
    UPSTREAM_TRANSFORMER_URL: transformer.url,
  });
  assert.notEqual(plugin.publicUrl, plugin.url);
  const port = Number(new URL(plugin.publicUrl).port);

  assert.match(await askForKey(plugin.url), new RegExp(KEY), 'rudder-server gets it');
  const before = asked.length;
  const others = [
    ...declaredPaths().flatMap(({ listener, path }) => (listener === 'private' ? [path] : [])),
    '/v1/destinations/STATSIG',
    '/v0/destinations/webhook',
    '/customTransform',
    '/v1/trak',
    '/v1/track/x',
    '/V1/track',
    '/v1%2Ftrack',
    '/v1/tr%61ck',
    '/segment/shop/x',
    '/segment/shop/audiences',
    '/statsig',
    '/statsig/shop/x',
    '//metrics',
    '//segment/shop/x',
    '/./metrics',
    '/segment/../metrics',
    '/',
    '*',
  ];
  for (const path of others)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND']) {
      const answer = await send(port, method, path, ['Content-Length', String(BATCH.length)], BATCH);
      let text = '';
      for await (const chunk of answer) text += chunk;
      assert.equal(answer.statusCode, 404, `${method} ${path}: ${answer.statusCode} ${text}`);
      if (method !== 'HEAD') assert.match(text, /"ROUTE_UNKNOWN"/, `${method} ${path}`);
      assert.doesNotMatch(text, new RegExp(KEY));
    }
  // A method that a public path does not have is told what it takes.
  for (const [method, path] of [
    ['OPTIONS', '/segment/shop'],
    ['GET', '/segment/shop'],
    ['DELETE', '/v1/track'],
    ['GET', '/v1/batch'],
    ['POST', '/healthz'],
  ] as const)
    assert.equal((await send(port, method, path)).statusCode, 405, `${method} ${path}`);
  assert.deepEqual(asked.slice(before), [], 'nothing is passed on');

  const health = await fetch(`${plugin.publicUrl}/healthz`);
  assert.deepEqual([health.status, await health.text()], [200, '{"status":"ok"}']);
  assert.equal((await postEvent(plugin.publicUrl)).status, 401);
  assert.equal((await postEvent(plugin.publicUrl, { 'x-statsig-cdp-secret': 'header-example' })).status, 200);
  assert.equal((await send(port, 'POST', '//segment//shop')).statusCode, 401, 'slashes that are doubled');
  assert.equal((await fetch(`${plugin.publicUrl}/v1/batch`, { method: 'OPTIONS' })).status, 204, 'browsers may ask');

  const there = await postEvent(plugin.url, { 'x-statsig-cdp-secret': 'header-example' });
  assert.equal(await codeOf(there), '503 PUBLIC_ROUTES_OFF');
  for (const path of [
    '/v1/track',
    '/v1/track/',
    '//v1//track/',
    '/v1/b',
    '/v1/projects/x/settings',
    '/segment',
    '/statsig/shop',
  ])
    for (const method of ['GET', 'POST', 'OPTIONS'])
      assert.equal((await send(Number(new URL(plugin.url).port), method, path)).statusCode, 503, `${method} ${path}`);
  assert.deepEqual(asked.slice(before), [], 'nor is what came to the wrong port');
  assert.deepEqual(await publicRoutesAt(plugin.url), { ok: true, servedOn: 'PUBLIC_PORT' });
});

test('where no document holds a secret, one port serves all', async (context) => {
  const plugin = await start(context, {});
  assert.equal((await fetch(`${plugin.url}/segment/default`, { method: 'POST', body: EVENT })).status, 200);
  assert.equal((await fetch(`${plugin.url}/v0/destinations/statsig`, { method: 'POST', body: '[]' })).status, 200);
  const { file } = settingsFile(context, { id: 'web', trackingApi: { writeKeys: ['web-key'] } });
  const withKey = await start(context, { STATSIG_CDP_SETTINGS: file });
  const sent = await fetch(`${withKey.url}/v1/track`, {
    method: 'POST',
    body: '{"writeKey":"web-key","event":"x","userId":"u"}',
  });
  assert.equal(sent.status, 200, 'a write key is no secret');
  assert.deepEqual(await publicRoutesAt(withKey.url), { ok: true, servedOn: 'PORT' });
});

test('where documents hold keys and none names senders, the public routes are off', async (context) => {
  const { file } = settingsFile(context, KEYED);
  const plugin = await start(context, { STATSIG_CDP_SETTINGS: file });
  assert.equal(await codeOf(await postEvent(plugin.url)), '503 PUBLIC_ROUTES_OFF');
  assert.match(await askForKey(plugin.url), new RegExp(KEY));
  assert.equal((await publicRoutesAt(plugin.url)).servedOn, 'off');
});

test('documents with keys and senders are refused at the start on one port, with the two ways out', async (context) => {
  const kinds: readonly (readonly [object, RegExp])[] = [
    [{ ...KEYED, ...SENDERS }, /`segment`/],
    [{ ...KEYED, segment: { sharedSecrets: ['s'] } }, /`segment`/],
    [{ id: 'shop', consoleKey: 'c', segment: { apiKeys: ['a'] } }, /`segment`/],
    [{ ...KEYED, trackingApi: { writeKeys: ['w'] } }, /`trackingApi`/],
    [{ ...KEYED, outbound: { signingSecrets: ['s'] } }, /`outbound`/],
    [{ id: 'shop', outbound: { targets: [{ name: 't', writeKey: 'w' }] } }, /`outbound`/],
    [{ id: 'shop', ...SENDERS }, /`segment`/],
  ];
  for (const [document, part] of kinds) {
    const start = () => testApp({ documents: [document], environment: { SINGLE_PORT: 'false' } });
    assert.throws(start, ({ message }: Error) => {
      for (const said of [part, /PUBLIC_PORT/, /SINGLE_PORT=true/]) assert.match(message, said);
      return !message.includes(KEY);
    });
  }
  const { file: one } = settingsFile(context, { ...KEYED, ...SENDERS });
  const { code, errors } = await failToStart({ STATSIG_CDP_SETTINGS: one });
  assert.equal(code, 1);
  for (const said of [/`segment`/, /PUBLIC_PORT/, /SINGLE_PORT=true/]) assert.match(errors, said);
  assert.ok(!/\n\s+at /.test(errors) && !errors.includes(KEY), errors);
  // The parts may stand in two documents.
  const { file } = settingsFile(context, KEYED, { id: 'web', trackingApi: { writeKeys: ['w'] } });
  assert.equal((await failToStart({ STATSIG_CDP_SETTINGS: file })).code, 1);

  const loud = await start(context, { STATSIG_CDP_SETTINGS: file, SINGLE_PORT: 'true' });
  assert.ok(loud.lines.some((line) => /"level":40.*SINGLE_PORT=true\. Anyone who reaches PORT can read/.test(line)));
  const { servedOn, reason } = await publicRoutesAt(loud.url);
  assert.equal(servedOn, 'PORT');
  assert.match(reason ?? '', /SINGLE_PORT=true/);
});

test('settings that come to hold keys while it runs close the public routes, and open them when that is over', async (context) => {
  const open = { id: 'shop' };
  const { file, write } = settingsFile(context, open);
  const plugin = await start(context, { STATSIG_CDP_SETTINGS: file });
  assert.equal((await postEvent(plugin.url)).status, 200);

  write({ ...KEYED, ...SENDERS });
  await until(async () => (await publicRoutesAt(plugin.url)).servedOn === 'off', 'the public routes go off');
  assert.match((await publicRoutesAt(plugin.url)).reason ?? '', /PUBLIC_PORT/);
  assert.equal((await postEvent(plugin.url, { 'x-statsig-cdp-secret': 'header-example' })).status, 503);
  assert.equal(plugin.lines.filter((line) => /"level":50.*routes for senders outside are off/.test(line)).length, 1);
  assert.equal((await fetch(`${plugin.url}/readyz`)).status, 200, 'rudder-server is served on');

  write(open);
  await until(async () => (await publicRoutesAt(plugin.url)).servedOn === 'PORT', 'the public routes are back');
  // Served, but a workspace that has lost a key is not taken for one that never had it.
  assert.equal(await codeOf(await postEvent(plugin.url)), '401 SENDER_UNKNOWN');
});

test('a process whose settings come late is not opened by them', async (context) => {
  const documents: object[] = [];
  const service = await serve((_request, response) => {
    response.statusCode = documents.length === 0 ? 503 : 200;
    response.end(JSON.stringify(documents));
  });
  context.after(() => service.close());
  const plugin = await start(context, { STATSIG_CDP_SETTINGS: service.url, STATSIG_CDP_SETTINGS_POLL_MS: '100' });
  assert.equal((await postEvent(plugin.url)).status, 503);
  documents.push({ ...KEYED, ...SENDERS });
  await until(async () => (await publicRoutesAt(plugin.url)).servedOn === 'off', 'the settings are loaded');
  assert.equal((await postEvent(plugin.url, { 'x-statsig-cdp-secret': 'header-example' })).status, 503);
});

test('ports that contradict each other are refused at the start', async () => {
  const both = await failToStart({ PUBLIC_PORT: '0', SINGLE_PORT: 'true' });
  assert.deepEqual([both.code, /contradict/.test(both.errors)], [1, true]);
  const same = await failToStart({ PORT: '9', PUBLIC_PORT: '9' });
  assert.deepEqual([same.code, /^PUBLIC_PORT must be another port/.test(same.errors)], [1, true]);
  const wrong = await failToStart({ PUBLIC_PORT: 'none' });
  assert.match(wrong.errors, /^PUBLIC_PORT must be a whole number/);
});

test('a stopping process finishes what came to either port', async (context) => {
  const { file } = settingsFile(context, { ...KEYED, ...SENDERS });
  const plugin = await start(context, { PUBLIC_PORT: '0', STATSIG_CDP_SETTINGS: file }, startProcess);
  await postEvent(plugin.publicUrl, { 'x-statsig-cdp-secret': 'header-example' });
  assert.equal(await plugin.stop(), 0);
  await assert.rejects(fetch(`${plugin.publicUrl}/healthz`), 'the port is closed');
});

/** What a sender may write of where it is, and of where we are. */
const SAID = [
  ['Host', 'evil.example'],
  ['X-Forwarded-Host', 'evil.example', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Port', '444'],
  ['X-Forwarded-For', '127.0.0.1', 'X-Real-IP', '127.0.0.1', 'X-Forwarded-Server', 'evil.example'],
  ['Forwarded', 'for=127.0.0.1;host=evil.example;proto=https', 'X-Original-URL', '/readyz', 'X-Rewrite-URL', '/readyz'],
];

test('what a request says of hosts and proxies shapes no answer, unless TRUST_PROXY says so', async (context) => {
  const document = { ...KEYED, ...SENDERS, trackingApi: { writeKeys: ['web-key'] } };
  const { file } = settingsFile(context, document);
  const plugin = await start(context, { PUBLIC_PORT: '0', STATSIG_CDP_SETTINGS: file, ADMIN_TOKEN: 'open-sesame' });
  const changing = ['/metrics', '/readyz'];
  const targets = declaredPaths().flatMap(({ method, path }) => {
    const target = path.replace(':workspace', 'shop').replace(':writeKey', 'web-key');
    return changing.includes(path) ? [] : [plugin.url, plugin.publicUrl].map((url) => ({ url, method, target }));
  });
  for (const { url, method, target } of targets) {
    const ask = async (headers: readonly string[]) => {
      const body = method === 'POST' ? BATCH : Buffer.alloc(0);
      const own = headers[0] === 'Host' ? headers : ['Host', 'cdp.example', ...headers];
      const port = Number(new URL(url).port);
      const outgoing = request({ host: '127.0.0.1', port, method, path: target, headers: own, agent: false });
      const answered = once(outgoing, 'response');
      outgoing.end(body);
      const [answer]: IncomingMessage[] = await answered;
      let text = '';
      for await (const chunk of answer ?? []) text += chunk;
      const head = answer?.rawHeaders.filter((_, at, all) => !/^date$/i.test(all[at - (at % 2)] ?? ''));
      return `${answer?.statusCode} ${head?.join(' ')} ${text}`;
    };
    const plain = await ask([]);
    for (const said of SAID) assert.equal(await ask(said), plain, `${method} ${url}${target} ${said}`);
  }
  const settings = await (await fetch(`${plugin.publicUrl}/v1/projects/web-key/settings`)).text();
  const { apiHost, protocol } = JSON.parse(settings).integrations['Segment.io'];
  assert.deepEqual([`${protocol}://${apiHost}`], [`${plugin.publicUrl}/v1`], 'it names the end of the connection');

  const behind = await start(context, { PUBLIC_PORT: '0', STATSIG_CDP_SETTINGS: file, TRUST_PROXY: 'true' });
  const forwarded = ['Host', 'events.example', 'X-Forwarded-Proto', 'https'];
  const answer = await send(Number(new URL(behind.publicUrl).port), 'GET', '/v1/projects/web-key/settings', forwarded);
  let text = '';
  for await (const chunk of answer) text += chunk;
  assert.match(text, /"protocol":"https"/);
});
