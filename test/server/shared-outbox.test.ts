// A process whose outbox is a database: what its senders, rudder-server and its operators see while that is away.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../../testkit/loopback.js';
import { testCluster } from '../../testkit/postgres.js';
import { element } from '../../testkit/rudderstack.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

/** What a sender waits at least. */
const PATIENCE_MS = 5_000;

const track = (messageId: string) => ({
  type: 'track',
  event: `Order ${messageId}`,
  userId: 'user-1',
  messageId,
  writeKey: 'write-key',
});

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

test('a database that is away stops the events that are stored, in time, and nothing else; all goes on when it is back', async (context) => {
  const cluster = await testCluster(context);
  if (cluster === undefined) return;
  const delivered = new Set<string>();
  const target = await serve((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      for (const [, id = ''] of text.matchAll(/Order (m-\w+)/g)) delivered.add(id);
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}');
    });
  });
  context.after(() => target.close());
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'shop.json');
  const shop = {
    id: 'shop',
    secretKey: 'secret-shop',
    eventsUrl: target.url,
    trackingApi: { writeKeys: ['write-key'] },
  };
  writeFileSync(settings, JSON.stringify(shop));
  const url = new URL(cluster.url);
  url.password = 'password-of-the-outbox';
  const environment = {
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_URL: url.href,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ADMIN_TOKEN: 'token',
    DRAIN_TIMEOUT_MS: '500',
  };
  let server = await startHere(environment);
  context.after(() => server.stop());
  const push = async (messageId: string) => {
    const begun = performance.now();
    const { status, headers } = await post(`${server.url}/v1/track`, track(messageId));
    assert.ok(performance.now() - begun < PATIENCE_MS + 500, 'senders are answered in time');
    return { status, retryAfter: headers.get('retry-after') };
  };
  const transform = async () => (await post(`${server.url}/v0/destinations/statsig`, [element(1)])).status;
  const ready = async () =>
    Promise.all(['/readyz', '/readyz/ingest'].map(async (path) => (await fetch(`${server.url}${path}`)).status));

  assert.equal((await push('m-1')).status, 200);
  assert.deepEqual(await ready(), [200, 200]);
  await until(() => delivered.size === 1, 'it is delivered');

  await cluster.kill();
  assert.deepEqual(await push('m-2'), { status: 503, retryAfter: '1' });
  assert.equal(await transform(), 200);
  await until(async () => (await ready())[1] === 503, 'it is not ready for senders');
  assert.deepEqual(await ready(), [200, 503]);
  assert.equal((await fetch(`${server.url}/api/status`, { headers: { authorization: 'Bearer token' } })).status, 200);

  // A process that starts meanwhile serves what it can.
  const { lines } = server;
  await server.stop();
  server = await startHere(environment);
  assert.deepEqual([await transform(), await ready()], [200, [200, 503]]);
  assert.equal((await push('m-2')).status, 503);

  await cluster.start();
  await until(async () => (await push('m-2')).status === 200, 'it takes events again');
  await until(async () => (await ready())[1] === 200, 'it is ready again');
  await until(() => delivered.has('m-2'), 'what it took is delivered');
  assert.doesNotMatch([...lines, ...server.lines].join('\n'), /password-of-the-outbox/);
});
