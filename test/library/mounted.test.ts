// The plugin as a part of somebody else's program.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import express from 'express';
import { Registry } from 'prom-client';
import { createStatsigCdp } from '../../src/index.js';
import { serveLibrary } from '../../testkit/library.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { serve } from '../../testkit/loopback.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const TRACK = { type: 'track', event: 'Order Completed', userId: 'user-42', messageId: 'message-1' };

function shop(eventsUrl: string, id = 'shop') {
  return { id, secretKey: `secret-example-${id}`, eventsUrl, segment: { headerSecrets: [`header-example-${id}`] } };
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const authorization = (id = 'shop') => ({ authorization: `Bearer header-example-${id}` });

function rememberingLogger() {
  const lines: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

test('mounted beside other routes it takes events, delivers them, and tells its hooks', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const told: unknown[] = [];
  const seen: unknown[] = [];
  const { cdp, url, mounted } = await serveLibrary(context, {
    settings: [shop(statsig.url)],
    before: (app) =>
      app.use((request, response, next) => {
        // A host looks at a request when it is over: what Express put there has to be there still.
        response.on('finish', () => seen.push([request.originalUrl, request.get('x-from'), request.app === app]));
        next();
      }),
    behind: (app) => app.get('/hello', (_request, response) => void response.send('hello')),
  });
  cdp.on('converted', (notice) => told.push(['converted', notice]));
  cdp.on('delivered', (notice) => told.push(['delivered', notice]));
  const answer = await post(`${mounted}/segment/shop`, TRACK, { ...authorization(), 'x-from': 'test' });
  assert.equal(answer.status, 200);
  await statsig.received(1);
  assert.deepEqual(statsig.accepted(), ['segment::Order Completed']);
  await until(() => told.length === 2, 'both hooks are told');
  const of = { direction: 'inbound', workspaceId: 'shop' };
  assert.deepEqual(told, [
    ['converted', { ...of, protocol: 'segment', events: 1 }],
    ['delivered', { ...of, target: 'statsig', events: 1, status: 202, messageIds: ['message-1'] }],
  ]);
  assert.equal(await (await fetch(`${url}/hello`)).text(), 'hello');
  await until(() => seen.length === 2, 'both requests are over');
  assert.deepEqual(seen[0], ['/cdp/segment/shop', 'test', true]);
});

test('what is none of its paths is answered, or left to the host where that is asked for', async (context) => {
  const behind = (app: express.Express) => app.use((_request, response) => void response.status(418).send('host'));
  const closed = await serveLibrary(context, { behind });
  const answer = await post(`${closed.mounted}/segmnt/default`, TRACK);
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /the nearest route is POST \/segment\/:workspace/);

  const open = await serveLibrary(context, { behind, fallthrough: true, path: '/' });
  assert.equal((await post(`${open.url}/other`, TRACK)).status, 418);
  assert.equal((await post(`${open.url}/segment/default`, TRACK)).status, 200);
  assert.equal((await fetch(`${open.url}//segment/default/`)).status, 405);
  await open.cdp.close();
  assert.equal((await post(`${open.url}/other`, TRACK)).status, 418, 'the host goes on when the plugin has stopped');
  assert.equal((await post(`${open.url}/segment/default`, TRACK)).status, 503);
});

test('a bare handler of node:http does the same', async (context) => {
  const directory = temporaryDirectory(context);
  const cdp = createStatsigCdp({ environment: { OUTBOX_DIRECTORY: join(directory, 'outbox') } });
  const server = await serve(cdp.handler);
  context.after(server.close);
  const early = await post(`${server.url}/segment/default`, TRACK);
  assert.deepEqual([early.status, early.headers.get('x-rudder-should-retry')], [503, 'true']);
  assert.match(await early.text(), /^\{"error":"SETTINGS_NOT_LOADED"/);
  await cdp.start();
  assert.equal((await post(`${server.url}/segment/default`, TRACK)).status, 200);
  await cdp.close();
  assert.equal((await post(`${server.url}/segment/default`, TRACK)).status, 503);
  await assert.rejects(cdp.start(), /is closed/);
});

for (const [name, parser] of [
  ['express.json()', express.json()],
  ['express.raw()', express.raw({ type: '*/*' })],
] as const) {
  test(`behind ${name} it says where it belongs, and the sender keeps the event`, async (context) => {
    const told: string[] = [];
    const { cdp, mounted } = await serveLibrary(context, { before: (app) => app.use(parser) });
    cdp.on('refused', (notice) => told.push(notice.code));
    const answer = await post(`${mounted}/segment/default`, TRACK);
    assert.deepEqual([answer.status, answer.headers.get('x-rudder-should-retry')], [503, 'true']);
    assert.match(await answer.text(), /BODY_TAKEN.*Mount statsig-cdp before `express\.json\(\)`/);
    assert.equal((await fetch(`${mounted}/healthz`)).status, 200, 'a request without a body is served');
    assert.deepEqual(told, ['BODY_TAKEN']);
  });
}

test('a hook that there is not is refused by name', () => {
  const on = createStatsigCdp().on as (name: string, listener: () => void) => void;
  assert.throws(() => on('lost', () => {}), { name: 'TypeError', message: /"lost".*converted/ });
});

test('hooks that throw, reject or never end change nothing, and each is logged once', async (context) => {
  const logger = rememberingLogger();
  const { cdp, mounted } = await serveLibrary(context, { logger });
  let calls = 0;
  cdp.on('converted', () => {
    calls += 1;
    throw new Error('thrown');
  });
  cdp.on('converted', async () => {
    calls += 1;
    throw new Error('rejected');
  });
  cdp.on('converted', () => new Promise(() => {}));
  const stop = cdp.on('converted', () => {
    calls += 100;
  });
  stop();
  for (const messageId of ['1', '2', '3'])
    assert.equal((await post(`${mounted}/segment/default`, { ...TRACK, messageId })).status, 200);
  await until(() => calls === 6, 'all hooks are called');
  const failed = logger.lines.filter(({ message }) => message.startsWith('A hook fails'));
  assert.deepEqual(
    failed.map(({ fields }) => fields),
    [
      { hook: 'converted', reason: 'thrown' },
      { hook: 'converted', reason: 'rejected' },
    ],
  );
});

test('refused and filtered events are told with their reason, and dead ones with theirs', async (context) => {
  const statsig = await serveLogEvent(context, () => ({ status: 401 }));
  const { cdp, mounted } = await serveLibrary(context, { settings: [shop(statsig.url)] });
  const told: unknown[] = [];
  cdp.on('filtered', ({ reason, events }) => told.push(['filtered', reason, events]));
  cdp.on('refused', (notice) => told.push(['refused', notice.what, notice.code]));
  const dead = new Promise((resolve) => cdp.on('dead', resolve));
  const unnamed = { type: 'track', userId: 'user-42' };
  const identify = { type: 'identify', userId: 'user-42' };
  await post(`${mounted}/segment/shop`, [TRACK, unnamed, identify, identify], authorization());
  await post(`${mounted}/segment/shop`, TRACK, authorization('other'));
  assert.deepEqual(await dead, {
    direction: 'inbound',
    workspaceId: 'shop',
    target: 'statsig',
    events: 1,
    status: 401,
    messageIds: ['message-1'],
    reason: 'unauthorized',
  });
  assert.deepEqual(told, [
    ['filtered', 'identify_without_audience', 2],
    ['refused', 'events', 'EVENT_NAME_MISSING'],
    ['refused', 'request', 'SENDER_UNKNOWN'],
  ]);
});

test('two stand side by side, each with its settings, outbox, metrics and name', async (context) => {
  const [first, second] = [await serveLogEvent(context, () => ACCEPTED), await serveLogEvent(context, () => ACCEPTED)];
  const a = await serveLibrary(context, {
    settings: [shop(first.url, 'a')],
    serves: 'private',
    registry: new Registry(),
  });
  const b = await serveLibrary(context, { settings: [shop(second.url, 'b')], registry: new Registry() });
  assert.equal((await post(`${b.mounted}/segment/b`, TRACK, authorization('b'))).status, 200);
  await second.received(1);
  assert.equal(first.requests.length, 0);
  const metrics = await (await fetch(`${a.mounted}/metrics`)).text();
  assert.doesNotMatch(metrics, /workspace="b"/);
  assert.equal(
    (await post(`${a.mounted}/segment/b`, TRACK, authorization('b'))).status,
    503,
    'senders are served elsewhere',
  );

  // What one of them passes on to another is no loop.
  const c = await serveLibrary(context, {
    serves: 'all',
    environment: { UPSTREAM_TRANSFORMER_URL: a.mounted, ROUTER_TRANSFORM: 'true' },
  });
  assert.equal((await fetch(`${c.mounted}/version`)).status, 200);
  const through = await post(`${c.mounted}/v0/destinations/other`, []);
  assert.equal(through.status, 404, 'answered by the last of them');
});

test('one router serves public and private paths only where no document holds a secret, or where it is told to', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const directory = temporaryDirectory(context);
  const environment = { OUTBOX_DIRECTORY: join(directory, 'outbox') };
  const refused = createStatsigCdp({ settings: [shop(statsig.url)], serves: 'all', environment });
  await assert.rejects(refused.start(), /can read the secrets.*workspace shop.*serves: 'public'.*SINGLE_PORT=true/s);
  await refused.close();

  const job = [{ message: TRACK, metadata: { jobId: 1 }, destination: { Config: {} } }];
  const told = await serveLibrary(context, {
    settings: [shop(statsig.url)],
    serves: 'all',
    environment: { SINGLE_PORT: 'true' },
  });
  assert.equal((await post(`${told.mounted}/v0/destinations/statsig`, job)).status, 200);
  assert.equal((await post(`${told.mounted}/segment/shop`, TRACK, authorization())).status, 200);

  const { cdp, mounted } = await serveLibrary(context, { settings: [shop(statsig.url)] });
  assert.equal((await post(`${mounted}/v0/destinations/statsig`, job)).status, 404);
  assert.equal((await fetch(`${mounted}/metrics`)).status, 404);
  const inside = await serve((request, response) => cdp.privateRouter(request, response, () => response.end()));
  context.after(inside.close);
  assert.equal((await post(`${inside.url}/v0/destinations/statsig`, job)).status, 200);
  assert.equal((await fetch(`${inside.url}/metrics`)).status, 200);
});

test('the registry of the host gets the metrics, without those of the process, until it is closed', async (context) => {
  const registry = new Registry();
  const { cdp, mounted } = await serveLibrary(context, { registry });
  await post(`${mounted}/segment/default`, TRACK);
  const names = () => registry.getMetricsAsArray().map(({ name }) => name);
  assert.match(await registry.metrics(), /statsig_cdp_events_total\{workspace="default".*outcome="converted".*\} 1/);
  assert.deepEqual(
    names().filter((name) => !name.startsWith('statsig_cdp_')),
    [],
  );
  const twice = createStatsigCdp({
    registry,
    environment: { OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox') },
  });
  await assert.rejects(twice.start(), /already been registered/);
  await twice.close();
  await cdp.close();
  assert.deepEqual(names(), []);
});

test('nothing is read from the environment of the process but what is given, and nothing of the process is changed', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const before = { umask: process.umask(), events: process.eventNames(), dispatcher: globalThis.fetch };
  process.env.STATSIG_CDP_SETTINGS = '/nowhere';
  process.env.MAX_BODY_BYTES = 'many';
  process.env.LIBRARY_TEST_KEY = 'secret-of-the-process';
  context.after(() => {
    for (const name of ['STATSIG_CDP_SETTINGS', 'MAX_BODY_BYTES', 'LIBRARY_TEST_KEY']) delete process.env[name];
  });
  const settings = [{ ...shop(statsig.url), secretKey: 'env:LIBRARY_TEST_KEY' }];
  const environment = { LIBRARY_TEST_KEY: 'secret-of-the-options' };
  const { mounted } = await serveLibrary(context, { settings, environment });
  assert.equal((await post(`${mounted}/segment/shop`, TRACK, authorization())).status, 200);
  await statsig.received(1);
  assert.equal(statsig.requests[0]?.headers['statsig-api-key'], 'secret-of-the-options');
  const unset = createStatsigCdp({ settings });
  await assert.rejects(unset.start(), /env:LIBRARY_TEST_KEY is not set/);
  await unset.close();
  assert.deepEqual({ umask: process.umask(), events: process.eventNames(), dispatcher: globalThis.fetch }, before);
});

test('faults of options and settings are told', async () => {
  assert.throws(() => createStatsigCdp({ environment: { MAX_BODY_BYTES: 'many' } }), /MAX_BODY_BYTES must be/);
  const wrong = createStatsigCdp({ settings: [{ id: 'shop', valueFrom: 5 }] });
  await assert.rejects(wrong.start(), { name: 'SettingsError', message: /valueFrom: must be a list/ });
  const missing = createStatsigCdp({ settings: '/nowhere/at-all' });
  await assert.rejects(missing.start(), { name: 'SettingsError' });
  await Promise.all([wrong.close(), missing.close()]);
});

test('an edit of a file of settings is noticed', async (context) => {
  const { writeFile } = await import('node:fs/promises');
  const file = join(temporaryDirectory(context), 'settings.json');
  await writeFile(file, JSON.stringify({ id: 'before' }));
  const { mounted } = await serveLibrary(context, { settings: file });
  assert.equal((await post(`${mounted}/segment/before`, TRACK)).status, 200);
  await writeFile(file, JSON.stringify({ workspaces: [{ id: 'before' }, { id: 'after' }] }));
  await until(async () => (await post(`${mounted}/segment/after`, TRACK)).status === 200, 'the edit is in force');
});
