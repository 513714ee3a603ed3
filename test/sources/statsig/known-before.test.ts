// Events of Statsig's webhook of which the outbox knows something that no request of the test told it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startFixtureApp } from '../../../testkit/fixture-app.js';
import { signWebhook, webhookEvent } from '../../../testkit/statsig-webhook.js';

const SECRET = 'signing-example';
const TARGETS = [
  { name: 'segment', writeKey: 'write-key-example' },
  { name: 'warehouse', writeKey: 'write-key-other', host: 'https://rudder.example.com' },
];

/** The app with an outbox that has seen these messages. */
async function startKnowing(context: TestContext, seen: readonly string[], targets: readonly object[] = TARGETS) {
  const documents = [{ id: 'shop', outbound: { signingSecrets: [SECRET], targets } }];
  const { ask, outbox } = await startFixtureApp(context, { documents, outbox: { seen } });
  return {
    stored: () => outbox.appended.map(({ messageId }) => messageId),
    async push(event: object) {
      const bodyText = JSON.stringify([event]);
      const { text } = await ask({ path: '/statsig/shop', bodyText, headers: signWebhook(bodyText, SECRET) });
      const { accepted, duplicates, filtered } = JSON.parse(text);
      return { accepted, duplicates, filtered };
    },
  };
}

const order = (timeUUID: string) => webhookEvent({ eventName: 'Order Completed', timeUUID });
const exposure = (timeUUID: string) =>
  webhookEvent({
    eventName: 'statsig::experiment_exposure',
    timeUUID,
    metadata: { config: 'button_color', ruleID: 'group-1', experimentGroupName: 'Blue' },
  });

test('an event that was stored before the process started is a duplicate', async (context) => {
  const { push, stored } = await startKnowing(context, ['uuid-1:shop:segment'], TARGETS.slice(0, 1));
  assert.deepEqual(await push(order('uuid-1')), { accepted: 0, duplicates: 1, filtered: 0 });
  assert.deepEqual(stored(), []);
});

test('an event that is new to one of its targets is accepted', async (context) => {
  const { push, stored } = await startKnowing(context, ['uuid-1:shop:segment']);
  assert.deepEqual(await push(order('uuid-1')), { accepted: 1, duplicates: 0, filtered: 0 });
  assert.deepEqual(stored(), ['uuid-1:shop:warehouse']);
});

test('what is a duplicate for one target and repeated for another counts as a duplicate', async (context) => {
  const { push, stored } = await startKnowing(context, ['uuid-2:shop:segment']);
  assert.deepEqual(await push(exposure('uuid-1')), { accepted: 1, duplicates: 0, filtered: 0 });
  assert.deepEqual(await push(exposure('uuid-2')), { accepted: 0, duplicates: 1, filtered: 0 });
  assert.deepEqual(stored(), ['uuid-1:shop:segment', 'uuid-1:shop:warehouse']);
});
