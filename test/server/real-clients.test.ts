// Real senders against the running process: what they send arrives at Statsig, converted, exactly once.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Analytics } from '@segment/analytics-node';
import { ACCEPTED } from '../../testkit/log-event-stand-in.js';
import { delivered, run, timelessEvents } from '../../testkit/running-plugin.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';

const OPTIONS = { timeout: 60_000 };

/** The SDK as docs/connect-sdk.md sets it up. What it cannot send is an error of the test. */
function connect(url: string, writeKey: string): Analytics {
  const analytics = new Analytics({ writeKey, host: url });
  analytics.on('error', ({ reason }) => {
    throw reason;
  });
  return analytics;
}

const shop = {
  id: 'shop',
  secretKey: 'secret-shop',
  trackingApi: { writeKeys: ['shop-server'] },
  identifierMappings: [{ from: 'anonymousId', to: 'stableID' }],
  environmentMappings: [{ from: 'test', to: 'development' }],
};

test("every call of Segment's Node SDK arrives converted, once though sent twice", OPTIONS, async (context) => {
  const { statsig, plugin } = await run(context, [shop]);
  const timestamp = new Date(Date.now() - 3_600_000);
  const user = { userId: 'user-42', anonymousId: 'anon-1', timestamp };
  for (let time = 1; time <= 2; time++) {
    const analytics = connect(plugin.url, 'shop-server');
    analytics.identify({ ...user, messageId: 'msg-identify', traits: { plan: 'pro' } });
    analytics.track({
      ...user,
      event: 'Order [Completed]',
      messageId: 'msg-track',
      properties: {
        revenue: 19.99,
        currency: 'EUR',
        express: true,
        cart: { items: 3, 'ship.to': 'home' },
        coupons: ['a', 'b'],
        nothing: null,
        statsigCustomIDs: ['companyID', 'company-9'],
        statsigCustom: { plan: 'pro' },
        statsigEnvironment: { tier: 'test' },
      },
      context: { ip: '192.0.2.7', locale: 'en-US', traits: { email: 'ada@shop.example' } },
    });
    analytics.page({
      ...user,
      name: 'Pricing',
      category: 'Docs',
      messageId: 'msg-page',
      properties: { variant: 'b' },
    });
    analytics.screen({ anonymousId: 'device-1', name: 'Checkout', messageId: 'msg-screen', timestamp });
    analytics.group({ ...user, groupId: 'company-7', traits: { plan: 'team', seats: 5 }, messageId: 'msg-group' });
    analytics.alias({ userId: 'user-42', previousId: 'anon-1', messageId: 'msg-alias' });
    await analytics.closeAndFlush();
  }
  const last = connect(plugin.url, 'shop-server');
  last.track({ userId: 'user-42', timestamp, event: 'Last' });
  await last.closeAndFlush();
  await delivered(statsig, 'segment::Last');
  assert.equal(await plugin.stop(), 0);

  const known = { userID: 'user-42', customIDs: { stableID: 'anon-1' } };
  assert.deepEqual(timelessEvents(statsig, timestamp), [
    {
      eventName: 'segment::Order _Completed_',
      value: 19.99,
      user: {
        userID: 'user-42',
        email: 'ada@shop.example',
        ip: '192.0.2.7',
        locale: 'en-US',
        customIDs: { companyID: 'company-9', stableID: 'anon-1' },
        custom: { plan: 'pro' },
        statsigEnvironment: { tier: 'development' },
      },
      metadata: {
        revenue: '19.99',
        currency: 'EUR',
        express: 'true',
        cart_items: '3',
        cart_ship_to: 'home',
        coupons: '["a","b"]',
      },
    },
    {
      eventName: 'segment::page:Pricing',
      user: known,
      metadata: { name: 'Pricing', category: 'Docs', variant: 'b' },
    },
    {
      eventName: 'segment::screen:Checkout',
      user: { customIDs: { stableID: 'device-1' } },
      metadata: { name: 'Checkout' },
    },
    { eventName: 'segment::group', user: known, metadata: { groupId: 'company-7', plan: 'team', seats: '5' } },
    { eventName: 'segment::Last', user: { userID: 'user-42' } },
  ]);
});

test('the events of two write keys go to two Statsig projects and never mix', OPTIONS, async (context) => {
  const names = ['shop', 'blog'] as const;
  const documents = names.map((id) => ({
    id,
    secretKey: `secret-${id}`,
    trackingApi: { writeKeys: [`${id}-server`] },
  }));
  const { statsig, plugin } = await run(context, documents);
  const senders = names.map((name) => ({ name, analytics: connect(plugin.url, `${name}-server`) }));
  for (let i = 0; i < 60; i++)
    // The same messageId in two workspaces is two events.
    for (const { name, analytics } of senders)
      analytics.track({ userId: 'user-42', event: `${name} ${i}`, messageId: `msg-${i}` });
  await Promise.all(senders.map(({ analytics }) => analytics.closeAndFlush()));
  await delivered(statsig, 'segment::shop 59', 'segment::blog 59');
  await plugin.stop();

  for (const name of names) {
    const own = statsig.requests.filter(({ headers }) => headers['statsig-api-key'] === `secret-${name}`);
    const expected = Array.from({ length: 60 }, (_, i) => `segment::${name} ${i}`);
    assert.deepEqual(own.flatMap((request) => request.names).sort(), expected.sort());
  }
  assert.equal(statsig.accepted().length, 120, 'no request has another key');
});

test('a signed webhook batch arrives converted, and once though Segment sends it again', OPTIONS, async (context) => {
  const sharedSecret = 'webhook-example';
  const { statsig, plugin } = await run(context, [
    { id: 'shop', secretKey: 'secret-shop', segment: { sharedSecrets: [sharedSecret] } },
  ]);
  const happened = new Date(Date.now() - 3_600_000);
  const common = { userId: 'user-42', timestamp: happened.toISOString() };
  const events = [
    { ...common, type: 'track', messageId: 'hook-1', event: 'Order Completed', properties: { revenue: 9.5 } },
    { ...common, type: 'identify', messageId: 'hook-2', traits: { plan: 'pro' } },
    { ...common, type: 'page', messageId: 'hook-3', name: 'Pricing', context: { page: { path: '/pricing' } } },
    { ...common, type: 'screen', messageId: 'hook-4', name: 'Checkout' },
    { ...common, type: 'group', messageId: 'hook-5', groupId: 'company-7' },
    { ...common, type: 'alias', messageId: 'hook-6', previousId: 'anon-1' },
  ];
  const last = [{ ...common, type: 'track', messageId: 'hook-7', event: 'Last' }];
  const post = async (batch: readonly object[], secret: string) => {
    // Segment signs the first event before it puts it into the batch.
    const signature = createHmac('sha1', secret).update(JSON.stringify(batch[0])).digest('hex');
    const response = await fetch(`${plugin.url}/segment/shop`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-signature': signature },
      body: JSON.stringify(batch),
    });
    await response.arrayBuffer();
    return response.status;
  };
  assert.equal(await post(events, 'another'), 401);
  for (const batch of [events, events, last]) assert.equal(await post(batch, sharedSecret), 200);
  await delivered(statsig, 'segment::Last');
  await plugin.stop();

  assert.equal(statsig.requests[0]?.headers['statsig-api-key'], 'secret-shop');
  const user = { userID: 'user-42' };
  assert.deepEqual(timelessEvents(statsig, happened), [
    { eventName: 'segment::Order Completed', value: 9.5, user, metadata: { revenue: '9.5' } },
    { eventName: 'segment::page:Pricing', user, metadata: { name: 'Pricing', path: '/pricing' } },
    { eventName: 'segment::screen:Checkout', user, metadata: { name: 'Checkout' } },
    { eventName: 'segment::group', user, metadata: { groupId: 'company-7' } },
    { eventName: 'segment::Last', user },
  ]);
});

test('what the SDK was told is taken outlives a killed process while Statsig is down', OPTIONS, async (context) => {
  let answer: StandInAnswer = { status: 503 };
  const { statsig, plugin, startAgain } = await run(context, [shop], () => answer);
  const analytics = connect(plugin.url, 'shop-server');
  for (let i = 0; i < 20; i++) analytics.track({ userId: 'user-42', event: `Step ${i}`, messageId: `msg-${i}` });
  await analytics.closeAndFlush();
  await statsig.received(1);
  plugin.child.kill('SIGKILL');
  await plugin.exitCode;
  assert.deepEqual(statsig.accepted(), []);

  answer = ACCEPTED;
  const next = await startAgain();
  await delivered(statsig, 'segment::Step 19');
  await next.stop();
  assert.deepEqual(
    statsig.accepted(),
    Array.from({ length: 20 }, (_, i) => `segment::Step ${i}`),
  );
});
