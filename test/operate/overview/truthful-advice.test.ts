// What needs attention names the real cause and the setting: a full outbox, a target that no one answers for, a filter that lets nothing through, a lost key, faults of before a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../../../testkit/loopback.js';
import { startOverviewPlugin, visited } from '../../../testkit/overview.js';
import { temporaryDirectory } from '../../../testkit/settings.js';
import { until } from '../../../testkit/until.js';

const SHOP = { id: 'shop', secretKey: 'secret-example', trackingApi: { writeKeys: ['write-key'] } };

test('a sender who was turned away by a full outbox is not told to be unknown, and the fix names the setting', async (context) => {
  const shop = { ...SHOP, paused: true, segment: { headerSecrets: ['header-example'] } };
  const environment = { OUTBOX_MAX_BYTES: '1' };
  const plugin = await startOverviewPlugin(context, [shop, { id: 'quiet', segment: { headerSecrets: ['other'] } }], {
    environment,
  });
  assert.equal(await plugin.track(visited(1)), 429);
  const event = { type: 'track', event: 'Visited', userId: 'u', messageId: 'm' };
  const answer = await fetch(`${plugin.publicUrl}/segment/shop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer header-example' },
    body: JSON.stringify(event),
  });
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /OUTBOX_UNAVAILABLE.*full.*OUTBOX_MAX_BYTES/);
  const { attention } = await plugin.status();
  const unheard = attention.filter(({ kind }) => kind === 'nothing_received');
  assert.ok(!unheard.some(({ workspace }) => workspace === 'shop'), JSON.stringify(unheard));
  assert.ok(!unheard.some(({ severity }) => severity === 'warning'), JSON.stringify(unheard));
});

test('an outbox that is full is told as that, with the setting', async (context) => {
  const plugin = await startOverviewPlugin(context, [{ ...SHOP, paused: true }], {
    environment: { OUTBOX_MAX_BYTES: '2000' },
  });
  let status = 200;
  for (let index = 0; index < 50 && status === 200; index += 1) status = await plugin.track(visited(index));
  assert.equal(status, 429);
  const item = await plugin.attention('outbox');
  assert.match(`${item.what} ${item.fix}`, /The outbox is full.*OUTBOX_MAX_BYTES/);
  assert.doesNotMatch(item.fix, /acknowledge|damaged/);
});

test('a target that no one answers for is told with its address and setting, and has no status', async (context) => {
  const gone = await serve(() => {});
  await gone.close();
  const plugin = await startOverviewPlugin(context, [{ ...SHOP, eventsUrl: gone.url }]);
  assert.equal(await plugin.track(visited(1)), 200);
  const names = new RegExp(`eventsUrl.*127\\.0\\.0\\.1:${gone.port}`);
  await until(
    async () => (await plugin.status()).attention.some(({ workspace, fix }) => workspace === 'shop' && names.test(fix)),
    'it is told with its place',
  );
  const live = await fetch(`${plugin.url}/api/live?outcome=pending_retry`, {
    headers: { authorization: 'Bearer admin-example' },
  });
  const { entries } = (await live.json()) as { entries: { status?: number; note: string }[] };
  assert.match(entries[0]?.note ?? '', /did not answer: ECONNREFUSED/);
  assert.equal(entries[0]?.status, undefined);
});

test('a list of names that lets nothing through is told after ten events, also where others were taken before', async (context) => {
  const paused = { ...SHOP, paused: true };
  const plugin = await startOverviewPlugin(context, [paused]);
  assert.equal(await plugin.track(visited(0)), 200);
  await plugin.status();
  plugin.write({ ...paused, includeEvents: ['Nothing'] });
  await until(async () => (await plugin.status()).settings.generation > 1, 'it is in force');
  const events = Array.from({ length: 9 }, (_, index) => visited(index + 1));
  await plugin.track(events);
  assert.ok(!(await plugin.status()).attention.some(({ kind }) => kind === 'all_filtered'));
  await plugin.track(visited(10));
  const item = await plugin.attention('all_filtered');
  assert.match(`${item.why} ${item.fix}`, /10 events.*`includeEvents` names none.*Correct `includeEvents` in/);
  plugin.write({ ...paused, includeEvents: ['Visited'] });
  await plugin.isCalm('all_filtered');
});

test('a workspace that has lost its key is told with nothing waiting', async (context) => {
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(202).end('{"success":true}');
  });
  context.after(() => statsig.close());
  const shop = { ...SHOP, eventsUrl: statsig.url };
  const directory = temporaryDirectory(context);
  const first = await startOverviewPlugin(context, [shop], { directory });
  assert.equal(await first.track(visited(1)), 200);
  await until(async () => (await first.status()).outbox.waiting === 0, 'it is delivered');
  const { secretKey: _key, ...keyless } = shop;
  first.write(keyless);
  const item = await first.attention('lane_waits');
  assert.match(`${item.what} ${item.fix}`, /shop sends nothing into Statsig: no secretKey.*Set `secretKey` in/);
  first.write(shop);
  await first.isCalm('lane_waits');
});

test('faults of before a restart are told as that, without the fix of another fault', async (context) => {
  const directory = temporaryDirectory(context);
  const shop = { ...SHOP, paused: true };
  const before = await startOverviewPlugin(context, [shop], { directory });
  assert.equal(await before.track([visited(1), visited(2, { event: '' })]), 200);
  const then = await before.attention('failed_on_ingest');
  assert.match(then.why, /^Mostly [A-Z_]+: /);
  await before.stop();
  const after = await startOverviewPlugin(context, [shop], { directory });
  const item = await after.attention('failed_on_ingest');
  assert.match(item.why, /before this process started/);
  assert.doesNotMatch(`${item.why} ${item.fix}`, /live log says why|^Retry|issue/);
});
