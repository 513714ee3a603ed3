// An event that says in no usable way when it happened is taken, dated by its receipt, counted by source, and told where somebody reads it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFixtureApp } from '../../testkit/fixture-app.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const SHOP = {
  id: 'shop',
  secretKey: 'secret-example',
  segment: { headerSecrets: ['header-example'] },
  trackingApi: { writeKeys: ['write-example'] },
  outbound: { signingSecrets: ['signing-example'] },
  rudderstack: { destinationIds: ['dst-1'] },
};

/** Hours ahead, of a year of the Buddhist calendar, of a clock that has begun anew, and none. */
const BAD = ['2026-01-02T10:04:05Z', '2569-01-02T03:04:05Z', '1970-01-01T00:00:00Z', 'yesterday'];

test('each source counts, dates and tells what it gets', async (context) => {
  const { ask, metric, outbox } = await startFixtureApp(context, { documents: [SHOP] }, { now: NOW });
  const noted = (protocol: string) => metric('statsig_cdp_events_noted_total', { protocol, note: 'time_replaced' });
  const event = (timestamp: unknown, id: string) => ({
    type: 'track',
    event: 'Order',
    userId: 'user-42',
    messageId: id,
    timestamp,
    originalTimestamp: timestamp,
  });
  const events = BAD.map((timestamp, index) => event(timestamp, `msg-${index}`));
  const good = event('2026-01-02 03:00:00', 'msg-good');
  const timesOf = (from: number) =>
    outbox.appended.slice(from).map(({ payload }) => {
      const { time, timestamp } = JSON.parse(payload);
      return time ?? Date.parse(timestamp);
    });
  const expected = [...BAD.map(() => NOW), Date.UTC(2026, 0, 2, 3, 0, 0)];

  const headers = { authorization: 'Bearer header-example' };
  const webhook = await ask({ path: '/segment/shop', headers, body: [...events, good] });
  assert.deepEqual(JSON.parse(webhook.text).timeReplaced, [0, 1, 2, 3]);
  assert.deepEqual(timesOf(0), expected);
  const single = await ask({ path: '/segment/shop', headers, body: event('yesterday', 'msg-alone') });
  assert.match(JSON.parse(single.text).message, /dated by when it was received \(time_replaced\)/);
  assert.equal(await noted('segment'), 5);

  let before = outbox.appended.length;
  const call = await ask({ path: '/v1/batch', body: { writeKey: 'write-example', batch: [...events, good] } });
  assert.deepEqual(JSON.parse(call.text).timeReplaced, [0, 1, 2, 3]);
  assert.deepEqual(timesOf(before), expected);
  assert.equal(await noted('tracking_api'), 4);

  before = outbox.appended.length;
  const webhookEvents = [...BAD, '2026-01-02 03:00:00'].map((timestamp, index) => ({
    eventName: 'Order',
    userID: 'user-42',
    timestamp,
    timeUUID: `uuid-${index}`,
  }));
  const bodyText = JSON.stringify(webhookEvents);
  const pushed = await ask({ path: '/statsig/shop', headers: signWebhook(bodyText, 'signing-example', NOW), bodyText });
  assert.deepEqual(JSON.parse(pushed.text).timeReplaced, [0, 1, 2, 3]);
  assert.deepEqual(timesOf(before), expected);
  assert.equal(await noted('statsig'), 4);

  const destination = { ID: 'dst-1', Config: {}, hasDynamicConfig: false };
  const elements = [...events, good].map((message, index) => ({
    message,
    metadata: { jobId: index + 1 },
    destination,
  }));
  const { text } = await ask({ path: '/v0/destinations/statsig', body: elements });
  const times = JSON.parse(text).map(
    ({ output }: { output: { body: { JSON: { events: { time?: number }[] } } } }) => output.body.JSON.events[0]?.time,
  );
  assert.deepEqual(times, [...BAD.map(() => undefined), Date.UTC(2026, 0, 2, 3, 0, 0)], 'Statsig dates what it gets');
  assert.equal(await noted('rudderstack'), 4);
});
