// What somebody without a proof, or with one that was seen once, can destroy, change or use up: nothing, seen at the targets.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { serve } from '../../testkit/loopback.js';
import { SIGNING_SECRET, startOutboundApp } from '../../testkit/outbound-app.js';
import { outboxDirectory } from '../../testkit/outbox.js';
import { SECRET_PURPOSES, type SecretPurpose } from '../../testkit/secret-settings.js';
import { serveSegment, TAKEN, takenEvents } from '../../testkit/segment-stand-in.js';
import { until } from '../../testkit/until.js';

const HEADER = { authorization: 'Bearer header-example' };
const DELETION = { type: 'delete', userId: 'ada', messageId: 'delete-1' };
const ORDER = { type: 'track', event: 'Order Completed', userId: 'ada', messageId: 'order-1' };
const ENTERS = {
  type: 'identify',
  userId: 'ada',
  messageId: 'enter-1',
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};

function custom(eventName: string): object {
  return { eventName, userID: 'ada', timestamp: Date.now(), timeUUID: randomUUID() };
}

/** An app with one workspace, `shop`. */
async function startShop(context: TestContext, document: object) {
  const app = await startOutboundApp([{ id: 'shop', ...document }], outboxDirectory(context));
  context.after(() => app.close());
  return {
    ...app,
    async send(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
      const response = await fetch(`${app.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const answer = (await response.json()) as Record<string, unknown>;
      return { status: response.status, answer };
    },
    counted: (name: string, count: number) =>
      until(async () => (await app.metric(name)) === count, `${name} is ${count}`),
  };
}

/** Stands for Statsig; `asked` lists the paths. */
async function serveStatsig(context: TestContext) {
  const asked: string[] = [];
  const server = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    request.once('end', () => response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}'));
  });
  context.after(() => server.close());
  return { asked, url: server.url };
}

function sign(secret: string, signed: unknown): Readonly<Record<string, string>> {
  return { 'x-signature': createHmac('sha1', secret).update(JSON.stringify(signed)).digest('hex') };
}

test("a stranger's deletion takes out nothing of what waits for a target, nor a dead letter", async (context) => {
  let isUp = false;
  const segment = await serveSegment(context, (names) => {
    if (names.includes('poison')) return { status: 400, body: 'no' };
    return isUp ? TAKEN : { status: 503, body: '' };
  });
  const targets = [{ name: 'web', writeKey: 'write-key-example', host: segment.url }];
  const shop = await startShop(context, { outbound: { signingSecrets: [SIGNING_SECRET], targets } });
  await shop.post('shop', JSON.stringify([custom('poison')]));
  await shop.counted('statsig_cdp_dead_letters', 1);
  await shop.post('shop', JSON.stringify(['a', 'b', 'c', 'd', 'e'].map(custom)));

  for (const body of [DELETION, [DELETION], [ORDER, DELETION], ENTERS])
    assert.equal((await shop.send('/segment/shop', body)).status, 401);
  assert.equal((await shop.send('/segment/shop/audiences/create', { audienceName: 'vip' })).status, 401);
  assert.equal(await shop.metric('statsig_cdp_outbox_events'), 5, 'and nothing of the stranger is stored');
  isUp = true;
  await shop.drained();
  assert.deepEqual(
    takenEvents(segment).map(({ event }) => event),
    ['a', 'b', 'c', 'd', 'e'],
  );
  assert.equal(await shop.metric('statsig_cdp_dead_letters'), 1);
});

test('in a workspace without anything to protect strangers send events, and destroy nothing', async (context) => {
  const shop = await startShop(context, {});
  const refused = await shop.send('/segment/shop', DELETION);
  assert.deepEqual([refused.status, refused.answer.error], [403, 'PROOF_INSUFFICIENT']);
  assert.deepEqual(
    await shop.send('/segment/shop', [DELETION, ENTERS, DELETION]),
    refused,
    'and a batch of nothing else',
  );
  const { status, answer } = await shop.send('/segment/shop', [ORDER, DELETION, ENTERS]);
  assert.deepEqual([status, answer.accepted, (answer.rejected as object[]).length], [200, 1, 2]);
  await shop.drained();
});

test('the signature of a first event, seen years ago, deletes no user and changes no list', async (context) => {
  const statsig = await serveStatsig(context);
  const shop = await startShop(context, {
    secretKey: 'secret-example',
    consoleKey: 'console-example',
    apiUrl: statsig.url,
    eventsUrl: statsig.url,
    consoleUrl: statsig.url,
    segment: { sharedSecrets: ['shared-example'] },
    audiences: { windowMs: 1000 },
  });
  const seen = { ...ORDER, messageId: 'order-of-2020', timestamp: '2020-01-02T03:04:05.000Z' };
  const { status, answer } = await shop.send(
    '/segment/shop',
    [seen, DELETION, ENTERS, ORDER],
    sign('shared-example', seen),
  );
  const codes = (answer.rejected as { index: number; code: string }[]).map(({ index, code }) => `${index} ${code}`);
  assert.deepEqual([status, answer.accepted, codes], [200, 2, ['1 PROOF_INSUFFICIENT', '2 PROOF_INSUFFICIENT']]);
  assert.match(JSON.stringify(answer), /Set `segment\.headerSecrets`/, 'the answer says what to do');
  await shop.drained();
  assert.deepEqual(new Set(statsig.asked), new Set(['POST /v1/log_event']));
  const labels = { workspace: 'shop', outcome: 'failed_on_ingest', reason: 'proof_insufficient' };
  assert.equal(await shop.metric('statsig_cdp_events_total', labels), 2);

  assert.equal((await shop.send('/segment/shop', DELETION, sign('shared-example', DELETION))).status, 200);
  await shop.drained();
  assert.ok(statsig.asked.includes('POST /v1/delete_user_data'), 'the signature of one whole event proves it');
});

/** A document with this secret alone. */
const ALONE: Record<SecretPurpose, object> = {
  'rudderstack.sourceWriteKeys': { rudderstack: { sourceWriteKeys: ['key-example'] } },
  'segment.sharedSecrets': { segment: { sharedSecrets: ['key-example'] } },
  'segment.headerSecrets': { segment: { headerSecrets: ['key-example'] } },
  'segment.apiKeys': { segment: { apiKeys: ['key-example'] } },
  'trackingApi.writeKeys': { trackingApi: { writeKeys: ['key-example'] } },
  'outbound.signingSecrets': { outbound: { signingSecrets: ['key-example'] } },
  'outbound.targets.writeKey': {
    outbound: { targets: [{ name: 'web', writeKey: 'key-example', host: 'http://127.0.0.1:9' }] },
  },
  secretKey: { secretKey: 'key-example', eventsUrl: 'http://127.0.0.1:9', apiUrl: 'http://127.0.0.1:9' },
  consoleKey: { consoleKey: 'key-example', consoleUrl: 'http://127.0.0.1:9' },
};

for (const purpose of SECRET_PURPOSES) {
  test(`a workspace with nothing but ${purpose} takes nothing from strangers`, async (context) => {
    const shop = await startShop(context, ALONE[purpose]);
    for (const [path, body] of [
      ['/segment/shop', ORDER],
      ['/segment/shop', DELETION],
      ['/segment/shop', [ENTERS]],
      ['/statsig/shop', [custom('Order Completed')]],
      ['/segment/shop/audiences/create', { audienceName: 'vip' }],
      ['/segment/shop/audiences/get', { externalId: 'vip' }],
    ] as const) {
      const { status } = await shop.send(path, body);
      assert.ok([401, 403].includes(status), `${path} ${status}`);
    }
    assert.equal(await shop.metric('statsig_cdp_events_total', { workspace: 'shop' }), 0);
  });
}

test('no public write key uses up the ids of others: webhooks, other keys, deletions, calls out of Statsig', async (context) => {
  const segment = await serveSegment(context);
  const statsig = await serveStatsig(context);
  const shop = await startShop(context, {
    secretKey: 'secret-example',
    apiUrl: statsig.url,
    eventsUrl: statsig.url,
    segment: { headerSecrets: ['header-example'], apiKeys: ['api-key-example'] },
    trackingApi: { writeKeys: ['key-of-the-web', 'key-of-the-server'] },
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [{ name: 'web', writeKey: 'write-key-example', host: segment.url }],
    },
  });
  const call = { eventName: 'Purchase', userID: 'ada', timestamp: Date.now(), timeUUID: 'uuid-1' };
  const ids = ['order-1', 'delete-1', 'uuid-1:shop:web'];
  const burning = ids.map((messageId) => ({ ...ORDER, event: 'Burnt', messageId }));
  const burnt = await shop.send('/v1/batch', { writeKey: 'key-of-the-web', batch: burning });
  assert.equal(burnt.answer.accepted, 3);

  const partner = { authorization: `Basic ${Buffer.from('api-key-example:').toString('base64')}` };
  const byServer = { writeKey: 'key-of-the-server', batch: [ORDER] };
  for (const [path, body, headers] of [
    ['/segment/shop', ORDER, HEADER],
    ['/segment', ORDER, partner],
    ['/segment/shop', DELETION, HEADER],
  ] as const) {
    assert.equal((await shop.send(path, body, headers)).answer.result, 'accepted');
    assert.equal((await shop.send(path, body, headers)).answer.result, 'duplicate', 'its own ids are known again');
  }
  assert.deepEqual((await shop.send('/v1/batch', byServer)).answer.accepted, 1);
  assert.deepEqual((await shop.send('/v1/batch', byServer)).answer.duplicates, 1);
  assert.equal((await shop.post('shop', JSON.stringify([call]))).accepted, 1);
  assert.equal((await shop.post('shop', JSON.stringify([call]))).duplicates, 1);
  await shop.drained();
  assert.deepEqual(
    takenEvents(segment).map(({ messageId }) => messageId),
    ['uuid-1:shop:web'],
  );
  assert.ok(statsig.asked.includes('POST /v1/delete_user_data'));
});

test('what stands behind a signed first event uses up no id of a sender that proves itself', async (context) => {
  const statsig = await serveStatsig(context);
  const shop = await startShop(context, {
    secretKey: 'secret-example',
    eventsUrl: statsig.url,
    segment: { sharedSecrets: ['shared-example'] },
  });
  const seen = { ...ORDER, messageId: 'order-of-2020' };
  const burning = [seen, { ...ORDER, event: 'Burnt' }];
  assert.equal((await shop.send('/segment/shop', burning, sign('shared-example', seen))).answer.accepted, 2);
  assert.equal((await shop.send('/segment/shop', ORDER, sign('shared-example', ORDER))).answer.result, 'accepted');
  assert.equal((await shop.send('/segment/shop', ORDER, sign('shared-example', ORDER))).answer.result, 'duplicate');
});

test('nor an id of another batch that only its first event proves: there only an equal event is the same one', async (context) => {
  const statsig = await serveStatsig(context);
  const shop = await startShop(context, {
    secretKey: 'secret-example',
    eventsUrl: statsig.url,
    segment: { sharedSecrets: ['shared-example'] },
  });
  const seen = { ...ORDER, messageId: 'order-of-2020' };
  const send = (first: object, ...others: object[]) =>
    shop.send('/segment/shop', [first, ...others], sign('shared-example', first));
  assert.equal((await send(seen, { ...ORDER, event: 'Burnt' })).answer.accepted, 2);
  const first = { ...ORDER, messageId: 'order-before' };
  assert.deepEqual(
    [(await send(first, ORDER)).answer, (await send(first, ORDER)).answer].map(({ accepted, duplicates }) => [
      accepted,
      duplicates,
    ]),
    [
      [2, 0],
      [0, 2],
    ],
  );
});
