// With Segment and Statsig connected to us in both directions, and passing on what they get, no event goes round.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { JsonObject } from '../../src/model/segment-event.js';
import { type Loop, MOST_PASSED_ON, startLoop } from '../../testkit/loop-rig.js';

const NOW = Date.now();

/** What Statsig's own SDKs log, and a change in its console. */
const FROM_STATSIG = [
  { eventName: 'statsig::gate_exposure', metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'everyone' } },
  { eventName: 'statsig::config_exposure', metadata: { config: 'prices', ruleID: 'everyone' } },
  { eventName: 'statsig::experiment_exposure', metadata: { config: 'checkout', ruleID: 'checkout:test' } },
  { eventName: 'purchase', value: '9.99', metadata: { sku: 'a' } },
  { eventName: 'sign_up' },
].map((event) => ({
  ...event,
  user: { userID: 'ada' },
  userID: 'ada',
  unitID: 'userID',
  timestamp: NOW,
  statsigMetadata: { sdkType: 'js-client' },
  timeUUID: randomUUID(),
}));
const CHANGE = {
  eventName: 'statsig::config_change',
  user: { name: 'Bob', email: 'bob@shop.example' },
  timestamp: NOW,
  metadata: { type: 'Gate', name: 'new_checkout', description: 'Rolled out', environments: 'production' },
};
const CALLS_OF_STATSIG = [
  'statsig::gate_exposure',
  'statsig::config_exposure',
  'statsig::experiment_exposure',
  'Experiment Viewed',
  'purchase',
  'sign_up',
  'statsig::config_change',
];

/** What Segment's own SDKs send. */
const FROM_SEGMENT: readonly JsonObject[] = [
  { type: 'track', event: 'Order Completed', properties: { revenue: 12 } },
  { type: 'track', event: 'Order Completed', properties: { revenue: 30 } },
  { type: 'page', name: 'Home' },
  { type: 'group', groupId: 'company-7' },
].map((call) => ({
  ...call,
  userId: 'ada',
  messageId: randomUUID(),
  timestamp: new Date(NOW).toISOString(),
  context: { library: { name: 'analytics.js', version: '2.0' } },
  integrations: {},
}));
const ORDERS = ['Order Completed', 'Order Completed', 'page:Home', 'group'];

const named = (prefix: string, names: readonly string[]) => names.map((name) => prefix + name);

/** A call whose way back can be recognised by its name only: as a tool in between sends it that makes calls of its own. */
const madeAnew = ({ integrations: _, ...call }: JsonObject): JsonObject => ({
  ...call,
  messageId: randomUUID(),
  context: { library: { name: 'another', version: '1' } },
});

async function run(loop: Loop): Promise<void> {
  await loop.statsigSends([...FROM_STATSIG, CHANGE]);
  await loop.segmentSends(FROM_SEGMENT);
  await loop.settled();
}

function assertArrived(loop: Loop, atSegment: readonly string[], atStatsig: readonly string[]): void {
  assert.deepEqual([...loop.atSegment()].sort(), [...atSegment].sort(), 'at Segment');
  assert.deepEqual([...loop.atStatsig()].sort(), [...atStatsig].sort(), 'at Statsig');
}

suite('with both connected in both directions', { concurrency: true }, () => {
  for (const way of ['tracking_api', 'segment'] as const) {
    test(`every event arrives once on the other side and is filtered where it comes back: ${way}`, async (context) => {
      const loop = await startLoop(context, { way });
      await run(loop);
      assertArrived(loop, CALLS_OF_STATSIG, named('segment::', ORDERS));
      const outcomes = ['received', 'converted', 'duplicate', 'filtered loop', 'filtered integration_off'];
      assert.deepEqual(await loop.counts('statsig', ...outcomes), [10, 6, 0, 4, 0]);
      // Segment applies integrations before it calls a webhook.
      assert.deepEqual(await loop.counts(way, ...outcomes), way === 'segment' ? [11, 4, 0, 7, 0] : [11, 4, 0, 0, 7]);
    });

    test(`calls that come back under new ids and without integrations are recognised by their library: ${way}`, async (context) => {
      const loop = await startLoop(context, {
        way,
        passedOn: ({ integrations: _, ...call }) => ({ ...call, messageId: randomUUID() }),
      });
      await run(loop);
      assertArrived(loop, CALLS_OF_STATSIG, named('segment::', ORDERS));
      assert.deepEqual(await loop.counts(way, 'received', 'filtered loop'), [11, 7]);
    });
  }

  for (const [what, settings, prefix, loggedBy] of [
    ['usual names', {}, 'segment::', () => undefined],
    ['names of an own prefix', { eventNamePrefix: 'shop/' }, 'shop/', () => undefined],
    ['names without a prefix, by who logged them', { eventNamePrefix: '' }, '', (sdkType: string) => sdkType],
  ] as const)
    test(`events of ours that come back from Statsig are recognised: ${what}`, async (context) => {
      const loop = await startLoop(context, { settings, loggedBy });
      await run(loop);
      assertArrived(loop, CALLS_OF_STATSIG, named(prefix, ORDERS));
      assert.deepEqual(await loop.counts('statsig', 'received', 'filtered loop'), [10, 4]);
    });

  test('where nothing shows on the way out of Statsig, the way in stops the loop', async (context) => {
    const loop = await startLoop(context, { settings: { eventNamePrefix: '' }, loggedBy: () => undefined });
    await run(loop);
    assertArrived(loop, [...CALLS_OF_STATSIG, ...ORDERS], ORDERS);
    assert.deepEqual(await loop.counts('statsig', 'received', 'converted', 'filtered loop'), [10, 10, 0]);
    assert.deepEqual(await loop.counts('segment', 'received', 'filtered loop'), [15, 11]);
  });

  test('where nothing shows on the way out of Segment, the way out of Statsig stops the loop', async (context) => {
    const loop = await startLoop(context, { passedOn: madeAnew });
    await run(loop);
    const unnamed = CALLS_OF_STATSIG.filter((name) => !name.startsWith('statsig::'));
    assertArrived(loop, CALLS_OF_STATSIG, named('segment::', [...ORDERS, ...unnamed]));
    assert.deepEqual(await loop.counts('statsig', 'received', 'converted', 'filtered loop'), [13, 6, 7]);
    assert.deepEqual(await loop.counts('segment', 'received', 'filtered loop'), [11, 4]);
  });

  test('a loop that nothing shows anywhere is seen here, and ends', async (context) => {
    const settings = { eventNamePrefix: '' };
    const loop = await startLoop(context, { settings, passedOn: madeAnew, loggedBy: () => undefined });
    await run(loop);
    assert.ok(loop.atSegment().length > MOST_PASSED_ON || loop.atStatsig().length > MOST_PASSED_ON);
  });
});
