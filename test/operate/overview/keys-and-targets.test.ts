// Faults of deliveries need attention on the overview, each made on the wire: a wrong key, a target and a host that take nothing, a lost key, dead letters.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../../../testkit/loopback.js';
import { shopOfStatsig, startOverviewPlugin, visited } from '../../../testkit/overview.js';
import { temporaryDirectory } from '../../../testkit/settings.js';

const ADMIN = { authorization: 'Bearer admin-example' };

test('a wrong key is told with the setting that it stands in, until it is another one; its dead letters until they are redelivered', async (context) => {
  const shop = await shopOfStatsig(context, 'secret-wrong');
  const plugin = await startOverviewPlugin(context, [shop]);
  assert.equal(await plugin.track(visited(1)), 200);
  const key = await plugin.attention('wrong_key');
  assert.deepEqual([key.severity, key.workspace, key.target], ['error', 'shop', 'statsig']);
  assert.match(
    `${key.what} ${key.why} ${key.fix}`,
    /Statsig refuses the key of workspace shop\. It answered 401 to 1 event .*`secretKey`/,
  );
  assert.equal(key.link, '#/dead-letters?workspace=shop&target=statsig');
  const dead = await plugin.attention('dead_letters');
  assert.match(dead.why, /unauthorized \(1\)/);
  const { attention, lanes } = await plugin.status();
  assert.ok(!attention.some(({ kind }) => kind === 'target_down'), 'one cause is told once');
  assert.deepEqual(
    lanes.map(({ workspace, target, circuit, deadLetters }) => [workspace, target, circuit, deadLetters]),
    [['shop', 'statsig', 'open', 1]],
  );
  assert.ok((lanes[0]?.nextTryAt ?? 0) > Date.now(), 'when it is tried next');
  assert.doesNotMatch(JSON.stringify(await plugin.overview()), /secret-wrong/);

  plugin.write({ ...shop, secretKey: 'secret-right' });
  await plugin.isCalm('wrong_key');
  assert.equal(await plugin.post('/api/dead-letters/redeliver', { workspace: 'shop' }, ADMIN), 200);
  await plugin.isCalm('dead_letters');
});

test('a target that says 404 is down, and so is a host that does not answer', async (context) => {
  const wrong = await serve((request, response) => {
    request.resume();
    response.writeHead(404).end('no such page');
  });
  context.after(() => wrong.close());
  const gone = await serve(() => {});
  await gone.close();
  const workspace = (id: string, eventsUrl: string) => ({
    id,
    secretKey: `secret-${id}`,
    eventsUrl,
    trackingApi: { writeKeys: [`key-${id}`] },
  });
  const others = ['one', 'two', 'three', 'four', 'five'];
  const documents = [workspace('shop', wrong.url), ...others.map((id) => workspace(id, gone.url))];
  const plugin = await startOverviewPlugin(context, documents);
  for (const id of ['shop', ...others]) assert.equal(await plugin.track(visited(1), `key-${id}`), 200);
  const down = await plugin.attention('target_down', (item) => item.workspace === 'shop');
  assert.match(down.why, /answered 404.*It is tried next at/s);
  const host = await plugin.attention('host_down');
  assert.match(host.what, new RegExp(`127.0.0.1:${gone.port} does not answer`));
  assert.match(host.fix, /DNS, firewall/);
  assert.equal((await plugin.status()).hosts[0]?.circuit, 'open');
});

test('what waits for a key that the settings have lost is told', async (context) => {
  const directory = temporaryDirectory(context);
  const shop = { id: 'shop', secretKey: 'secret-example', trackingApi: { writeKeys: ['write-key'] } };
  const before = await startOverviewPlugin(context, [{ ...shop, paused: true }], { directory });
  assert.equal(await before.track(visited(1)), 200);
  const paused = await before.attention('paused');
  assert.match(`${paused.why} ${paused.fix}`, /paused: true.*Take `paused` out/);
  assert.ok(!(await before.status()).attention.some(({ kind }) => kind === 'lane_waits'), 'it is meant');
  await before.stop();
  const { secretKey: _key, ...keyless } = shop;
  const plugin = await startOverviewPlugin(context, [keyless], { directory });
  const waits = await plugin.attention('lane_waits');
  assert.match(waits.why, /has no secretKey any more: set it/);
  assert.equal((await plugin.status()).dryRun.length, 0, 'a lost key makes no dry run');
});

test('an outbox that is nearly full is told, and one that has lost its events', async (context) => {
  const directory = temporaryDirectory(context);
  const shop = { id: 'shop', secretKey: 'secret-example', paused: true, trackingApi: { writeKeys: ['write-key'] } };
  const full = await startOverviewPlugin(context, [shop], { directory, environment: { OUTBOX_MAX_BYTES: '2000' } });
  for (let index = 0; index < 20; index += 1) {
    const { bytes } = (await full.status()).outbox;
    if (bytes >= 1600) break;
    assert.equal(await full.track(visited(index)), 200);
  }
  const item = await full.attention('outbox_full');
  assert.match(`${item.why} ${item.fix}`, /of 2000 bytes wait.*OUTBOX_MAX_BYTES/);
  assert.equal((await full.status()).outbox.maxBytes, 2000);
  await full.stop();
  rmSync(join(directory, 'data', 'outbox'), { recursive: true });
  const emptied = await startOverviewPlugin(context, [shop], { directory });
  const lost = await emptied.attention('outbox');
  assert.match(`${lost.why} ${lost.fix}`, /missing|gone.*statsig-cdp outbox acknowledge/s);
  assert.equal(await emptied.post('/api/outbox/acknowledge', {}, ADMIN), 200);
  await emptied.isCalm('outbox');
});

test('a wrong console key is told by its own setting, and leads to the dead letters of all lists', async (context) => {
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(401).end('{"message":"no"}');
  });
  context.after(() => statsig.close());
  const shop = {
    id: 'shop',
    secretKey: 'secret-example',
    consoleKey: 'console-example',
    consoleUrl: statsig.url,
    eventsUrl: statsig.url,
    segment: { headerSecrets: ['header-example'] },
    audiences: { lists: [{ key: 'vip', id: 'vip' }], windowMs: 0 },
  };
  const plugin = await startOverviewPlugin(context, [shop]);
  const entered = {
    type: 'identify',
    userId: 'user-1',
    messageId: 'msg-1',
    timestamp: new Date().toISOString(),
    context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
    traits: { vip: true },
  };
  const headers = { authorization: 'Bearer header-example' };
  assert.equal(await plugin.post('/segment/shop', entered, headers), 200);
  const key = await plugin.attention('wrong_key');
  assert.equal(key.target, 'statsig-list');
  assert.match(`${key.what} ${key.fix}`, /Console API refuses the key.*`consoleKey`/);
  assert.equal(key.link, '#/dead-letters?workspace=shop');
  const { rateBudgets } = await plugin.overview();
  const [budget] = rateBudgets;
  assert.deepEqual(budget?.workspaces, ['shop']);
  assert.ok((budget?.limits[0]?.left ?? 12) < 12, JSON.stringify(budget));
});

test("a key that rudder-server's own requests are refused with is told, until one is taken", async (context) => {
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(request.headers['statsig-api-key'] === 'secret-right' ? 202 : 403).end('{"success":true}');
  });
  context.after(() => statsig.close());
  const document = { id: 'shop', eventsUrl: statsig.url, rudderstack: { destinationIds: ['dst-1'] } };
  const plugin = await startOverviewPlugin(context, [document]);
  const deliver = (key: string) =>
    plugin.post('/v1/destinations/statsig/proxy', {
      type: 'REST',
      method: 'POST',
      endpoint: `${statsig.url}/v1/log_event`,
      headers: { 'STATSIG-API-KEY': key },
      body: { JSON: { events: [{ eventName: 'a' }] }, FORM: {}, XML: {}, JSON_ARRAY: {} },
      metadata: [{ jobId: 1, destinationId: 'dst-1', workspaceId: 'ws' }],
    });
  await deliver('secret-wrong');
  const key = await plugin.attention('wrong_key');
  assert.match(`${key.why} ${key.fix}`, /answered 403.*the secret key of the destination in RudderStack/);
  assert.equal(key.workspace, 'shop');
  await deliver('secret-right');
  await plugin.isCalm('wrong_key');
});
