// What /api really answers is what openapi.json says of it: each route of one process is asked, as it should be and otherwise.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../../testkit/loopback.js';
import { startHere, type TestServer } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';
import { answerOf, faultOf, operations } from '../repository/open-api-document.js';

const TOKEN = 'open-sesame';
const directory = mkdtempSync(join(tmpdir(), 'api-answers-'));
let plugin: TestServer;
let statsig: Awaited<ReturnType<typeof serve>>;

/** Routes that answered 200 in some test. */
const seen = new Set<string>();

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The data of the first events of a stream, which is left then. */
async function firstEvents(response: Response): Promise<readonly unknown[]> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!text.includes('event: hello') || !text.includes('\n\n', text.indexOf('event: hello'))) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text
    .split('\n\n')
    .filter((message) => message.includes('event:') && message.includes('data:'))
    .map((message) => {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(message)?.[1];
      const id = field('id');
      return { event: field('event'), ...(id !== undefined && { id }), data: JSON.parse(field('data') ?? '') };
    });
}

async function valuesOf(response: Response): Promise<readonly unknown[]> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) return firstEvents(response);
  const text = await response.text();
  if (type.includes('ndjson'))
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return [type.startsWith('application/json') ? JSON.parse(text) : text];
}

/** Asks, and checks the answer. @param route as `GET /api/live` @returns what was answered first */
async function ask(
  route: string,
  {
    query = '',
    body,
    status = 200,
    headers,
  }: { query?: string; body?: unknown; status?: number; headers?: Readonly<Record<string, string>> } = {},
): Promise<Record<string, unknown>> {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${plugin.url}${path}${query}`, {
    method,
    headers: headers ?? { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
  });
  const operation = operations.get(route);
  assert.ok(operation, route);
  const values = await valuesOf(response);
  assert.equal(response.status, status, `${route}: ${JSON.stringify(values[0])}`);
  const media = answerOf(operation, status, response.headers.get('content-type') ?? '');
  for (const value of values)
    assert.equal(faultOf(media, value), undefined, `${route} ${status}: ${JSON.stringify(value)}`);
  if (status === 200) seen.add(route);
  const [first] = values;
  return isObject(first) ? first : {};
}

before(async () => {
  statsig = await serve((_request, response) => response.writeHead(401).end('{"error":"invalid key"}'));
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  writeFileSync(
    join(settings, 'shop.yaml'),
    `secretKey: secret-example\neventsUrl: ${statsig.url}\napiUrl: ${statsig.url}\ntrackingApi: { writeKeys: [shop-key] }\n`,
  );
  plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ADMIN_TOKEN: TOKEN,
    ADMIN_READ_TOKEN: 'only-look',
  });
  const track = (event: string, writeKey = 'shop-key') =>
    fetch(`${plugin.url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({ writeKey, userId: 'user-42', event, messageId: event }),
    });
  await track('Refused');
  await track('By a stranger', 'no-key');
  await until(
    async () => /statsig_cdp_dead_letters\{[^}]*\} 1/.test(await (await fetch(`${plugin.url}/metrics`)).text()),
    'a dead letter',
  );
});

after(async () => {
  await plugin?.stop();
  await statsig?.close();
  rmSync(directory, { recursive: true, force: true });
});

test('how the process is', async () => {
  for (const route of [
    'GET /health',
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /version',
    'GET /buildVersion',
  ])
    await ask(route);
  await ask('GET /openapi.json');
});

test('sessions', async () => {
  assert.equal((await ask('GET /api/session', { headers: {} })).role, 'none');
  assert.equal((await ask('GET /api/session')).role, 'write');
  const { link = '' } = await ask('POST /api/session/link');
  await ask('POST /api/session', { body: { link: String(link).split('=')[1] } });
  await ask('POST /api/session', { body: { token: TOKEN } });
  await ask('POST /api/session', { body: { tokn: TOKEN }, status: 400 });
  await ask('POST /api/session/end');
});

test('the live log and the overview', async () => {
  const { entries } = await ask('GET /api/live');
  assert.ok(Array.isArray(entries) && entries.length > 0);
  for (const { id } of entries) await ask('GET /api/live/entry', { query: `?id=${id}` });
  await ask('GET /api/live/entry', { query: '?id=none', status: 404 });
  await ask('GET /api/live/stream', { query: '?limit=10' });
  await ask('GET /api/live/names', { query: '?workspace=shop' });
  await ask('GET /api/live/samples', { query: '?workspace=shop&limit=5' });
  await ask('GET /api/live/samples', { query: '?workspace=shop&limit=many', status: 400 });
  await ask('GET /api/overview');
  await ask('GET /api/overview', { query: '?workspace=shop' });
  await ask('GET /api/status');
});

test('the tester', async () => {
  await ask('GET /api/samples');
  const body = { source: 'segment', workspace: 'shop', body: { type: 'track', event: 'Order', userId: 'user-42' } };
  await ask('POST /api/tester', { body });
  await ask('POST /api/tester', { body: { ...body, source: 'nobody' }, status: 400 });
  await ask('POST /api/tester/send', { body });
});

test('settings', async () => {
  const { document } = await ask('GET /api/settings', { query: '?workspace=shop' });
  const version = isObject(document) ? document.version : undefined;
  const edit = { workspace: 'shop', version, changes: [{ path: ['eventNamePrefix'], value: 'shop_' }] };
  await ask('POST /api/settings/preview', { body: edit });
  const { change, version: written } = await ask('POST /api/settings/save', { body: edit });
  await ask('GET /api/settings/history', { query: '?workspace=shop' });
  await ask('GET /api/settings/history', { query: `?id=${change}` });
  await ask('POST /api/settings/undo', { body: { id: change, version: written } });
  await ask('GET /api/settings', { query: '?workspace=nobody', status: 404 });
});

test('dead letters, the outbox, deletions and audiences', async () => {
  const { key } = await ask('GET /api/dead-letters');
  await ask('GET /api/dead-letters/groups');
  await ask('POST /api/dead-letters/preview', { body: { key } });
  const { redelivery } = await ask('POST /api/dead-letters/redeliver', { body: { keys: [key] } });
  await ask('GET /api/dead-letters/redelivery', { query: `?id=${redelivery}` });
  await ask('POST /api/dead-letters/drop', { body: { keys: [key] } });
  await ask('POST /api/dead-letters/drop', { body: {}, status: 400 });
  await ask('POST /api/outbox/acknowledge');
  await ask('POST /api/waiting/drop', { body: { workspace: 'nobody', target: 'gone' } });
  await ask('POST /api/waiting/drop', { body: { workspace: 'nobody' }, status: 400 });
  await ask('GET /api/deletions');
  if (operations.has('GET /api/audiences')) await ask('GET /api/audiences');
});

test('connecting', async () => {
  // No header can hold such a token: nothing is asked anywhere.
  const asked = { verb: 'look', workspace: 'shop', token: '…' };
  const { id } = await ask('POST /api/connect/segment', { body: asked });
  await ask('GET /api/connect/deed', { query: `?id=${id}` });
  await ask('GET /api/connect/deed', { query: '?id=none', status: 404 });
  await ask('POST /api/connect/stop', { body: { id } });
  await ask('POST /api/connect/segment', { body: { ...asked, token: '' }, status: 400 });
  await ask('POST /api/connect/statsig', { body: asked });
  await ask('POST /api/connect/rudderstack', {
    body: { verb: 'plan', workspace: 'shop', config: 'none', url: 'http://localhost:1' },
  });
  const app = { clientId: 'app', clientSecret: '…', redirectUri: 'http://localhost:1/', scope: 'destination/webhooks' };
  const byOAuth = await ask('POST /api/connect/oauth', {
    body: { workspace: 'shop', url: 'http://localhost:1', ...app },
  });
  await ask('POST /api/connect/go', { body: { id: 'none', verb: 'apply' }, status: 404 });
  await ask('POST /api/connect/stop', { body: { id: byOAuth.id } });
  await ask('GET /api/connect');
});

test('without a token no route tells anything, and the read token changes nothing', async () => {
  for (const [route, { security, 'x-role': role }] of operations) {
    if (security.every((scheme) => !('token' in scheme))) continue;
    assert.equal((await ask(route, { headers: {}, status: 401 })).error, 'ADMIN_REFUSED');
    const headers = { authorization: 'Bearer only-look', 'content-type': 'application/json' };
    if (role === 'write') assert.equal((await ask(route, { headers, status: 403 })).error, 'ROLE_INSUFFICIENT');
  }
});

/** What waits for somebody's consent goes on in the test of OAuth. */
const ELSEWHERE = new Set(['POST /api/connect/go']);

test('each route of /api was asked', () => {
  const missing = [...operations.keys()].filter(
    (route) => route.includes(' /api/') && !seen.has(route) && !ELSEWHERE.has(route),
  );
  assert.deepEqual(missing, []);
});
