// Faults of senders and settings need attention on the overview, each made on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../../../testkit/loopback.js';
import { startOverviewPlugin, visited } from '../../../testkit/overview.js';
import { until } from '../../../testkit/until.js';

const SHOP = {
  id: 'shop',
  segment: { headerSecrets: ['header-example'] },
  trackingApi: { writeKeys: ['write-key'] },
};

const EVENT = { type: 'track', event: 'Visited', userId: 'user-1' };

test('refused senders are told with their cause: a mistyped workspace, a wrong secret, a key at the wrong place, a wrong path, a wrong form', async (context) => {
  const plugin = await startOverviewPlugin(context, [SHOP]);
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  assert.equal(await plugin.post('/segment/shopp', EVENT, bearer('another')), 401);
  assert.equal(await plugin.post('/segment/shop', EVENT, bearer('another')), 401);
  assert.equal(await plugin.post('/segment/shop', EVENT, bearer('another')), 401);
  assert.equal(await plugin.post('/segment/shop', EVENT, bearer('write-key')), 401);
  assert.equal(await plugin.post('/segmnt/shop', EVENT, bearer('header-example')), 404);
  assert.equal(await plugin.post('/segment/shop', { no: 'event' }, bearer('header-example')), 400);
  assert.equal(await plugin.post('/wp-login.php', {}), 404);
  const found = async () => (await plugin.status()).attention.filter(({ kind }) => kind === 'refused_sender');
  await until(async () => (await found()).length >= 6, 'all are told');
  const items = await found();
  const one = (pattern: RegExp) => {
    const matching = items.filter(({ what, why }) => pattern.test(`${what} ${why}`));
    assert.equal(matching.length, 1, `${pattern} in ${JSON.stringify(items, null, 1)}`);
    return matching[0] as (typeof items)[number];
  };
  const mistyped = one(/workspace shopp, which does not exist\. The nearest one is shop/);
  assert.deepEqual(
    [mistyped.severity, mistyped.fix],
    ['error', 'Send to workspace shop: correct the path in the settings of the sender.'],
  );
  const wrong = one(/2 requests to \/segment\/:workspace were refused/);
  assert.match(wrong.why, /SENDER_UNKNOWN.*workspace shop\. It showed: authorization Bearer/);
  const misplaced = one(/What it sent stands in trackingApi\.writeKeys of workspace shop/);
  assert.equal(misplaced.severity, 'error');
  assert.equal(one(/ROUTE_UNKNOWN.*\(.*segment/).severity, 'error');
  assert.match(one(/BODY_NOT_SEGMENT_EVENTS/).fix, /set Data to the whole event/);
  const stranger = items.find(({ severity }) => severity === 'info');
  assert.match(stranger?.why ?? '', /ROUTE_UNKNOWN/, 'a stranger who knocks is no alarm');
  assert.equal(wrong.link, '#/live?list=errors&outcome=refused&search=SENDER_UNKNOWN');
  assert.doesNotMatch(JSON.stringify(items), /header-example|write-key/, 'no secret is told');
});

test('settings: faults, warnings, what is a dry run, a document that matched nothing', async (context) => {
  const rudder = { id: 'rudder', secretKey: 'secret-example', rudderstack: { destinationIds: ['dst-right'] } };
  const plugin = await startOverviewPlugin(context, [SHOP, rudder]);
  const dry = await plugin.attention('dry_run');
  assert.deepEqual([dry.workspace, dry.fix.includes('Set `secretKey` in ')], ['shop', true]);
  assert.deepEqual((await plugin.status()).dryRun, ['shop']);
  const quiet = await plugin.attention('nothing_received', ({ workspace }) => workspace === 'rudder');
  assert.equal(quiet.severity, 'info', 'nothing came at all');
  const destination = { ID: 'dst-wrong', Config: { secretKey: 'secret-other' } };
  const metadata = { jobId: 1, messageId: 'msg-1', destinationId: 'dst-wrong', sourceId: 's', workspaceId: 'w' };
  await plugin.post('/v0/destinations/statsig', [{ message: EVENT, metadata, destination }]);
  const unmatched = await plugin.attention(
    'nothing_received',
    ({ workspace, severity }) => workspace === 'rudder' && severity === 'warning',
  );
  assert.match(unmatched.why, /Events of rudder-server came that no document names/);
  await plugin.track(visited(1));
  await until(
    async () =>
      !(await plugin.status()).attention.some(
        ({ kind, workspace }) => kind === 'nothing_received' && workspace === 'shop',
      ),
    'a document that has matched is told no more',
  );

  plugin.write({ ...SHOP, mode: 'wrong' });
  const faults = await plugin.attention('settings_faults');
  assert.match(`${faults.what} ${faults.why}`, /not in force: 1 fault.*mode/);
  assert.equal((await plugin.status()).settings.faults, 1);
  plugin.write({ ...SHOP, secretKey: 'secret-example', identifierMappings: [{ from: 'trait.plan', to: 'plan' }] });
  await plugin.isCalm('settings_faults');
  const warning = await plugin.attention('settings_warning');
  assert.match(warning.why, /identifierMappings\[0\]\.from: .*did you mean traits/);
  const { settings } = await plugin.status();
  assert.ok(settings.generation > 1 && settings.warnings.length === 1);
  plugin.write(SHOP);
  const missing = await plugin.attention('settings_missing');
  assert.match(missing.why, /secretKey/);
});

test('mappings and filters that applied to none of a hundred events are told, and those that did are not', async (context) => {
  const shop = {
    ...SHOP,
    identifierMappings: [
      { from: 'traits.plan', to: 'plan' },
      { from: 'traits.plna', to: 'plan' },
    ],
    includeEvents: ['Visited', 'Vi*', 'Bought *'],
    excludeEvents: ['Debug *', 'Secret'],
  };
  const plugin = await startOverviewPlugin(context, [shop]);
  const events = (count: number, fields: object = {}) =>
    Array.from({ length: count }, (_none, index) =>
      visited(index, { messageId: undefined, context: { traits: { plan: 'pro' } }, ...fields }),
    );
  await plugin.track(events(99));
  await plugin.track(events(1, { event: 'Secret' }));
  const unused = async () =>
    (await plugin.status()).attention
      .filter(({ kind }) => kind === 'row_unused')
      .map(({ id, severity }) => [id, severity]);
  // The mapping is judged by the 99 events that came as far.
  assert.deepEqual(await unused(), [
    ['row_unused shop includeEvents Vi*', 'warning'],
    ['row_unused shop includeEvents Bought *', 'warning'],
    ['row_unused shop excludeEvents Debug *', 'info'],
  ]);
  await plugin.track([...events(1, { event: 'Vice' }), ...events(1, { event: 'Bought Shoes' })]);
  assert.deepEqual(await unused(), [
    ['row_unused shop identifierMappings traits.plna -> plan', 'warning'],
    ['row_unused shop excludeEvents Debug *', 'info'],
  ]);
  const { fix } = await plugin.attention('row_unused');
  assert.match(fix, /Compare the path in .*settings\.json with a real event/);
  plugin.write({ ...shop, excludeEvents: ['Secret'] });
  await plugin.isCalm('row_unused');
});

test('events: all filtered, failed on ingest, odd', async (context) => {
  const plugin = await startOverviewPlugin(context, [{ ...SHOP, includeEvents: ['Bought'] }]);
  await plugin.track(Array.from({ length: 20 }, (_none, index) => visited(index)));
  const filtered = await plugin.attention('all_filtered');
  assert.match(
    `${filtered.what} ${filtered.why}`,
    /every inbound event was filtered.*20 events: `includeEvents` names none of them/,
  );
  const event = { ...EVENT, event: 'Bought' };
  await plugin.post('/segment/shop', { ...event, event: undefined }, { authorization: 'Bearer header-example' });
  const failed = await plugin.attention('failed_on_ingest');
  assert.match(`${failed.why} ${failed.fix}`, /EVENT_NAME_MISSING.*Set `event`/);
  await plugin.track([{ type: 'track', event: 'Bought', anonymousId: 'anon-1' }]);
  const odd = await plugin.attention('odd_events');
  assert.match(
    `${odd.what} ${odd.fix}`,
    /1 event of workspace shop since the start was odd: anonymous_not_mapped.*identifierMappings/,
  );
  await plugin.isCalm('all_filtered');
  const { discards } = await plugin.overview();
  assert.deepEqual(
    discards.map(({ outcome, reason, count, samples }) => [outcome, reason, count, samples[0]?.event]),
    [
      ['filtered', 'event_not_included', 20, 'Visited'],
      ['failed_on_ingest', 'event_name_missing', 1, undefined],
    ],
  );
});

test('no settings, an upstream that is down, senders who are shut out', async (context) => {
  const transformer = await serve((request, response) => {
    request.resume();
    response.end('{"routerTransform":{},"upgradedToSourceTransformV2":true,"supportTransformerProxyV1":false}');
  });
  const plugin = await startOverviewPlugin(context, [{ id: 'shop' }], {
    environment: { UPSTREAM_TRANSFORMER_URL: transformer.url, SINGLE_PORT: 'false' },
  });
  await until(async () => (await plugin.status()).upstream?.state === 'up', 'it answers');
  assert.equal((await plugin.status()).senders.servedOn, 'PORT');
  await transformer.close();
  await plugin.post('/v0/destinations/webhook', []);
  const down = await plugin.attention('upstream_down');
  assert.match(down.fix, /UPSTREAM_TRANSFORMER_URL/);
  assert.equal((await plugin.status()).upstream?.state, 'down');
  plugin.write({ ...SHOP, secretKey: 'secret-example' });
  const off = await plugin.attention('senders_off');
  assert.match(`${off.why} ${off.fix}`, /workspace shop.*Set PUBLIC_PORT/);
});
