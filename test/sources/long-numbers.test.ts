// A number that no double holds names the same person at every source and in every request: its digits are kept. Asserted on what is stored to be sent, or is answered.

import assert from 'node:assert/strict';
import { text as textOfStream } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { startFixtureApp } from '../../testkit/fixture-app.js';
import { serve } from '../../testkit/loopback.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';

const NOW = 1_767_400_000_000;
const RUNS = 10;

/** Whole numbers that JavaScript does not write back. */
const long = fc.stringMatching(/^[1-9]\d{15,38}[1-9]$/).filter((digits) => String(Number(digits)) !== digits);

const SHOP = {
  id: 'shop',
  secretKey: 'secret-example',
  consoleKey: 'console-example',
  identifierMappings: [
    { from: 'anonymousId', to: 'stableID' },
    { from: 'properties.device', to: 'deviceID' },
  ],
  segment: { headerSecrets: ['header-example'] },
  audiences: {},
  trackingApi: { writeKeys: ['write-example'] },
  rudderstack: { sourceIds: ['source-1'] },
  outbound: { signingSecrets: ['signing-example'] },
};

/** Ways in which Java's and databases' decimals write a whole number. */
const writing = fc.constantFrom(
  (n: string) => n,
  (n: string) => `${n}.0`,
  (n: string) => `${n[0]}.${n.slice(1)}E+${n.length - 1}`,
);

/** The text of an event in which each id and each property is the number. */
const eventWith = (n: string) =>
  `{"type":"track","event":"Order","messageId":${n},"userId":${n},"anonymousId":${n},"properties":{"device":${n},"order_id":${n},"items":[${n}],"cart":{"id":${n}},` +
  `"statsigCustomIDs":["companyID",${n}],"statsigCustom":{"account":${n}},"price":19.99},"context":{"app":{"version":${n}}}}`;

/** What Statsig gets of it. */
const statsigEventWith = (n: string) => ({
  user: {
    userID: n,
    customIDs: { companyID: n, stableID: n, deviceID: n },
    appVersion: n,
    custom: { account: n },
  },
  metadata: { device: n, order_id: n, items: `["${n}"]`, cart_id: n, price: '19.99' },
});

function partsOf({ user, metadata }: Readonly<Record<string, unknown>>) {
  return { user, metadata };
}

/** Without a signing secret: an older rudder-server hands on no signature. */
const UNSIGNED = { id: 'unsigned', rudderstack: { sourceIds: ['source-2'] } };

const start = (context: TestContext) => startFixtureApp(context, { documents: [SHOP, UNSIGNED] }, { now: NOW });

test('Segment, the Tracking API: events, deletions, changes of lists', async (context) => {
  const { ask, outbox } = await start(context);
  const headers = { authorization: 'Bearer header-example' };
  await fc.assert(
    fc.asyncProperty(long, writing, async (n, write) => {
      const w = write(n);
      const before = outbox.appended.length;
      const audience = `{"type":"identify","userId":${w},"traits":{"vip":true},"context":{"personas":{"computation_class":"audience","computation_key":"vip"}}}`;
      await ask({
        path: '/segment/shop',
        headers,
        bodyText: `[${eventWith(w)},{"type":"delete","userId":${w}},${audience}]`,
      });
      await ask({ path: '/v1/batch', bodyText: `{"writeKey":"write-example","batch":[${eventWith(w)}]}` });
      const [event, deletion, change, tracked, ...others] = outbox.appended
        .slice(before)
        .map(({ payload }) => JSON.parse(payload));
      assert.deepEqual(others, []);
      assert.deepEqual(partsOf(event), statsigEventWith(n));
      assert.deepEqual(deletion, { userId: n });
      assert.equal(change.id, n);
      assert.deepEqual(partsOf(tracked), statsigEventWith(n));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('rudder-server: transforms, relays, deletions', async (context) => {
  const { ask } = await start(context);
  const destination = (mode: string) =>
    JSON.stringify({
      ID: 'd',
      Config: {
        ...SHOP,
        mode,
        trackingApi: undefined,
        segment: undefined,
        outbound: undefined,
        rudderstack: undefined,
        id: undefined,
        audiences: undefined,
      },
    });
  await fc.assert(
    fc.asyncProperty(long, fc.constantFrom('', ' '), async (n, space) => {
      // With a blank it is not in rudder-server's writing, and is parsed whole.
      const element = (mode: string) =>
        `{"message":${space}${eventWith(n)},"metadata":{"jobId":1,"rudderId":${n}},"destination":${destination(mode)}}`;
      for (const [path, body] of [
        ['/v0/destinations/statsig', (one: string) => `[${one}]`],
        ['/routerTransform', (one: string) => `{"input":[${one}],"destType":"statsig"}`],
      ] as const) {
        const { text } = await ask({ path, bodyText: body(element('events')) });
        const event = /"events":\[(\{.*?\})\],"statsigMetadata"/.exec(text)?.[1] ?? assert.fail(text);
        assert.deepEqual(partsOf(JSON.parse(event)), statsigEventWith(n));
        assert.ok(text.includes(`"rudderId":${n}`), 'the metadata is echoed as it came');
        const relayed = await ask({ path, bodyText: body(element('webhook')) });
        assert.ok(relayed.text.includes(eventWith(n)), relayed.text);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('deletions of rudder-server', async (context) => {
  const asked: string[] = [];
  const statsig = await serve(async (request, response) => {
    asked.push(await textOfStream(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  context.after(() => statsig.close());
  const { ask } = await startFixtureApp(context, { documents: [{ ...SHOP, apiUrl: statsig.url }] });
  const n = '157963456373623803';
  const config = JSON.stringify({ secretKey: SHOP.secretKey });
  const { text } = await ask({
    path: '/deleteUsers',
    bodyText: `[{"jobId":"1","destType":"statsig","config":${config},"userAttributes":[{"userId":${n}}]}]`,
  });
  assert.deepEqual(JSON.parse(text), [{ statusCode: 200, status: 'successful' }]);
  assert.deepEqual(
    asked.map((body) => JSON.parse(body).ids),
    [n],
  );
});

test('Statsig, straight and through rudder-server', async (context) => {
  const { ask, outbox } = await start(context);
  const path = '/statsig/shop';
  await fc.assert(
    fc.asyncProperty(long, async (n) => {
      const event = `{"eventName":"Order","userID":${n},"timestamp":${NOW},"timeUUID":${n},"value":${n},"user":{"userID":${n},"customIDs":{"stableID":${n}}},"metadata":{"order_id":${n}}}`;
      const before = outbox.appended.length;
      await ask({ path, headers: signWebhook(event, 'signing-example', NOW), bodyText: event });
      const direct = JSON.parse(outbox.appended[before]?.payload ?? assert.fail());
      const expected = {
        type: 'track',
        event: 'Order',
        timestamp: new Date(NOW).toISOString(),
        context: {
          library: { name: 'statsig', version: '1.0' },
          integration: { name: 'statsig', version: '1.0.0' },
          user: { userID: n, customIDs: { stableID: n } },
          value: n,
          metadata: { order_id: n },
          stableID: n,
        },
        properties: { value: n, metadata: { order_id: n } },
        integrations: { Statsig: false },
        userId: n,
        anonymousId: n,
      };
      const { messageId, ...call } = direct;
      assert.ok(messageId.startsWith(`${n}:`), messageId);
      assert.deepEqual(call, expected);

      const source = (id: string) =>
        `"source":{"ID":"${id}","WriteKey":"w","SourceDefinition":{"Name":"statsig","Category":"webhook"}}`;
      const v1 = await ask({ path: '/v1/sources/statsig', bodyText: `[{"event":${event},${source('source-2')}}]` });
      const request = {
        method: 'POST',
        headers: Object.fromEntries(
          Object.entries(signWebhook(event, 'signing-example', NOW)).map(([name, value]) => [name, [value]]),
        ),
        body: event,
      };
      const v2 = await ask({
        path: '/v2/sources/statsig',
        bodyText: `[{"request":${JSON.stringify(request)},${source('source-1')}}]`,
      });
      for (const { text } of [v1, v2]) {
        const [answer] = JSON.parse(text);
        const [{ messageId: _, ...sent }] = answer.output?.batch ?? assert.fail(text);
        assert.deepEqual(sent, expected);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
