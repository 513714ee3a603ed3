// Segment's own Node SDK against the Tracking API: what it sends lies in the outbox, and it understands every answer.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Analytics, type AnalyticsSettings } from '@segment/analytics-node';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { serve } from '../../../testkit/loopback.js';
import { ownLogEventSchema } from '../../../testkit/statsig-event-schema.js';
import { type TrackingApi, type TrackingApiOptions, trackingApi } from '../../../testkit/tracking-api.js';

const ajv = new Ajv();
addFormats.default(ajv);
const isLogEventBody = ajv.compile(ownLogEventSchema);

/** A listening Tracking API, the SDK set up as docs/connect-sdk.md says, and the statuses the SDK got. */
async function connect(
  context: TestContext,
  options: TrackingApiOptions = {},
  settings: Partial<AnalyticsSettings> = {},
): Promise<TrackingApi & { readonly analytics: Analytics; readonly statuses: number[]; readonly errors: unknown[] }> {
  const api = trackingApi(options);
  const server = await serve(api.handler);
  context.after(() => server.close());
  const analytics = new Analytics({ writeKey: 'write-key', host: server.url, ...settings });
  const statuses: number[] = [];
  const errors: unknown[] = [];
  analytics.on('http_response', ({ status }) => statuses.push(status));
  analytics.on('error', (error) => errors.push(error));
  return { ...api, analytics, statuses, errors };
}

test('every call of the SDK arrives, and what is stored is what Statsig takes', async (context) => {
  const { analytics, stored, statuses, errors, told } = await connect(context);
  const happened = new Date(Date.now() - 60_000);
  analytics.identify({ userId: 'user-42', traits: { plan: 'pro' } });
  analytics.track({
    userId: 'user-42',
    event: 'Order Completed',
    messageId: 'msg-track',
    timestamp: happened,
    properties: { revenue: 9.5, products: [{ sku: 'a' }], statsigCustomIDs: ['companyID', 'c-1'] },
    context: { ip: '192.0.2.7', traits: { email: 'ada@shop.example' } },
  });
  analytics.page({ userId: 'user-42', name: 'Pricing', messageId: 'msg-page' });
  analytics.screen({ anonymousId: 'device-1', name: 'Checkout', messageId: 'msg-screen' });
  analytics.group({ userId: 'user-42', groupId: 'company-7', traits: { seats: 3 }, messageId: 'msg-group' });
  analytics.alias({ userId: 'user-42', previousId: 'device-1' });
  analytics.track({ userId: 'user-42', event: 'Not For Statsig', integrations: { Statsig: false } });
  await analytics.closeAndFlush();

  assert.deepEqual(errors, []);
  assert.deepEqual(statuses, [200]);
  assert.deepEqual(
    stored.map(({ messageId }) => messageId),
    ['msg-track', 'msg-page', 'msg-screen', 'msg-group'],
  );
  const events = stored.map(({ event }) => event as { eventName: string; time: number; user: { ip?: string } });
  assert.ok(isLogEventBody({ events }), JSON.stringify(isLogEventBody.errors));
  assert.deepEqual(
    events.map(({ eventName }) => eventName),
    ['segment::Order Completed', 'segment::page:Pricing', 'segment::screen:Checkout', 'segment::group'],
  );
  const { time, ...order } = events[0] ?? { time: 0 };
  assert.deepEqual(order, {
    eventName: 'segment::Order Completed',
    value: 9.5,
    user: { userID: 'user-42', customIDs: { companyID: 'c-1' }, email: 'ada@shop.example', ip: '192.0.2.7' },
    metadata: { revenue: '9.5', products: '[{"sku":"a"}]' },
  });
  // Corrected by what the way took.
  assert.ok(Math.abs(time - happened.getTime()) < 30_000, String(time));
  assert.equal(events[1]?.user.ip, undefined);
  assert.deepEqual(
    told.flatMap(({ results }) => results.map((result) => (result.kind === 'filtered' ? result.reason : result.kind))),
    [
      'identify_without_audience',
      ...['accepted', 'accepted', 'accepted', 'accepted'],
      'unsupported_type',
      'integration_off',
    ],
  );
});

test('many batches arrive complete', async (context) => {
  const { analytics, stored, errors } = await connect(context);
  for (let i = 0; i < 200; i++)
    analytics.track({ userId: `user-${i}`, event: 'Order Completed', messageId: `msg-${i}` });
  await analytics.closeAndFlush();
  assert.deepEqual(errors, []);
  assert.equal(new Set(stored.map(({ messageId }) => messageId)).size, 200);
});

test('the SDK waits out a full outbox and a disk that fails, and loses nothing', async (context) => {
  const faults = ['OUTBOX_FULL', 'OUTBOX_UNAVAILABLE'] as const;
  let asked = 0;
  const { analytics, stored, statuses, errors } = await connect(context, { outboxFault: () => faults[asked++] });
  analytics.track({ userId: 'user-42', event: 'Order Completed', messageId: 'msg-1' });
  await analytics.closeAndFlush();
  assert.deepEqual(statuses, [429, 503, 200]);
  assert.deepEqual(errors, []);
  assert.equal(stored.length, 1);
});

test('an event that is sent again is stored once', async (context) => {
  const { analytics, stored, told } = await connect(context, {}, { flushAt: 1 });
  for (let i = 0; i < 2; i++) {
    analytics.track({ userId: 'user-42', event: 'Order Completed', messageId: 'msg-1' });
    await analytics.flush();
  }
  await analytics.closeAndFlush();
  assert.equal(stored.length, 1);
  assert.deepEqual(
    told.map(({ results }) => results[0]?.kind),
    ['accepted', 'duplicate'],
  );
});

test('with an unknown write key the SDK gives up at once and says so', async (context) => {
  const { analytics, stored, statuses, errors } = await connect(context, {}, { writeKey: 'another' });
  analytics.track({ userId: 'user-42', event: 'Order Completed' });
  await analytics.closeAndFlush();
  assert.deepEqual(statuses, [401]);
  assert.equal(errors.length, 1);
  assert.equal(stored.length, 0);
});
