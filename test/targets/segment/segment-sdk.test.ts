// That Segment's own SDK forwards: it is given the calls, makes the request out of them and sends it. What it is told and what it says are compared with what leaves the process.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Analytics, type TrackParams } from '@segment/analytics-node';
import { headersToShow } from '../../../src/call/http-request.js';
import type { JsonObject } from '../../../src/model/segment-event.js';
import { requestsOf } from '../../../src/targets/segment/request.js';
import {
  accept,
  briefly,
  delivery,
  openTargets,
  patience,
  startCdp,
  targetAt,
  trackCall,
  WRITE_KEY,
} from '../../../testkit/segment-target.js';

const run = promisify(execFile);
const SENDER = new URL('../../../testkit/segment-sender.js', import.meta.url).pathname;

/** Less than the SDK waits when it is closed, and than a request may take. */
const LIMIT_MS = 70_000;

const SDK = '@segment/analytics-node';
const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(`${SDK}/package.json`), 'utf8'));

/** What the SDK says of a request that it sends. */
interface SdkRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Listens at the SDK, which works on: what its `track` is given, and what it says it sends and got. */
function listenToSdk(context: TestContext) {
  const tracked: TrackParams[] = [];
  const requests: SdkRequest[] = [];
  const statuses: number[] = [];
  const taken: unknown[] = [];
  const listened = new WeakSet<Analytics>();
  const { track } = Analytics.prototype;
  context.mock.method(Analytics.prototype, 'track', function (this: Analytics, ...call: Parameters<typeof track>) {
    if (!listened.has(this)) {
      listened.add(this);
      this.on('http_request', (request) => requests.push(request as SdkRequest));
      this.on('http_response', ({ status }) => statuses.push(status as number));
      this.on('track', ({ event }) => taken.push(event.messageId));
    }
    tracked.push(structuredClone(call[0]));
    track.apply(this, call);
  });
  return { tracked, requests, statuses, taken };
}

const CALLS: readonly JsonObject[] = [
  trackCall('1:shop:cdp', {
    anonymousId: 'anonymous-42',
    email: 'ada@shop.example',
    context: {
      traits: { email: 'ada@shop.example' },
      user: { userID: 'user-42', custom: { plan: 'pro', visits: 12.5, list: [1, 'a', null] } },
      value: '9.99',
      stableID: 'stable-42',
      groupId: 'company-7',
      library: { name: 'statsig', version: '1.0', since: 2024 },
    },
    properties: { value: null, metadata: { 'name with ünicode 🎉': '\u2028"', library: { name: SDK, version } } },
    integrations: { Statsig: false, Amplitude: { sessionId: 1 } },
  }),
  trackCall('2:shop:cdp', { event: 'statsig::config_change', userId: undefined, anonymousId: 'anonymous-42' }),
  trackCall('3:shop:cdp', { context: { library: { name: 'statsig', version: '1.0' } }, properties: {} }),
];

test('the SDK is given each call whole, and what it makes of them is on the wire, but for the name of the library and the email beside the ids', async (context) => {
  const sdk = listenToSdk(context);
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const calls: readonly JsonObject[] = JSON.parse(JSON.stringify(CALLS));
  assert.equal(briefly(await target.send(calls.map(delivery), patience())), 'delivered 200');

  assert.deepEqual(sdk.tracked, calls, 'track() has all of each call');
  const [request, ...more] = sdk.requests;
  const [wire, ...others] = cdp.taken;
  assert.ok(request && wire);
  assert.deepEqual([more, others], [[], []]);
  assert.deepEqual([request.method, request.url], ['POST', `${cdp.url}/v1/batch`]);
  assert.equal(wire.headers.authorization, request.headers.Authorization);

  const made = JSON.parse(request.body);
  const { batch, ...envelope } = wire.body;
  const { batch: madeBatch, ...madeEnvelope } = made;
  assert.deepEqual(envelope, madeEnvelope, 'the write key and the time of sending are the SDK’s');
  assert.equal(envelope.writeKey, WRITE_KEY);
  assert.deepEqual(
    madeBatch.map(({ context }: { context: JsonObject }) => context.library),
    [
      { name: SDK, version, since: 2024 },
      { name: SDK, version },
      { name: SDK, version },
    ],
    'it was the SDK that is installed',
  );
  const put = batch.map(({ email: _, ...event }, index) => {
    const context = event.context as JsonObject;
    return { ...event, context: { ...context, library: madeBatch[index].context.library } };
  });
  assert.deepEqual(put, madeBatch, 'nothing else of its body is changed');
  const sent = batch.map(({ _metadata, ...event }) => {
    assert.deepEqual(_metadata, { nodeVersion: process.version, jsRuntime: 'node' });
    return event;
  });
  assert.deepEqual(sent, calls, 'and that is what was stored');
});

const OURS = { name: 'statsig', version: '1.0' };
const METADATA = { nodeVersion: process.version, jsRuntime: 'node' };

/** Each is a body, or would be cut wrongly by a reader that does not look at what stands where. */
const BODIES: readonly (readonly JsonObject[])[] = [
  [trackCall('1:shop:cdp', { context: { library: OURS } })],
  [
    trackCall('1:shop:cdp', { context: { library: OURS, traits: { email: 'ada@shop.example' } } }),
    trackCall('2:shop:cdp', { context: { library: OURS, traits: { email: '"\\\u2028ü🎉' } } }),
    trackCall('3:shop:cdp', { context: { library: OURS } }),
    trackCall('4:shop:cdp', { context: {} }),
  ],
  [trackCall('1:shop:cdp', { context: { library: OURS }, properties: { library: { name: SDK, version } } })],
  [
    trackCall('1:shop:cdp', {
      context: { library: { ...OURS, since: 2024 } },
      properties: { library: { name: SDK, version } },
    }),
    trackCall('2:shop:cdp', { context: { library: OURS } }),
  ],
  [trackCall('1:shop:cdp', { context: { library: OURS }, properties: { a: { b: 1, _metadata: METADATA } } })],
  [trackCall('1:shop:cdp', { context: { library: OURS }, properties: { text: `"library":{"name":"${SDK}"` } })],
];

test('a body that is signed as text is what it would be if it was parsed', async (context) => {
  const sdk = listenToSdk(context);
  for (const [index, calls] of BODIES.entries()) {
    const requests = await requestsOf(targetAt('http://127.0.0.1:9'), calls.map(delivery));
    assert.ok(Array.isArray(requests));
    const made = JSON.parse(sdk.requests[index]?.body ?? '');
    for (const event of made.batch) {
      Object.assign(event.context.library, OURS);
      if (event.context.traits !== undefined) event.email = event.context.traits.email;
    }
    assert.deepEqual(
      requests.map(({ body }) => body),
      [JSON.stringify(made)],
    );
  }
});

test('the SDK is told what was answered, and never to wait', async (context) => {
  const sdk = listenToSdk(context);
  let status = 200;
  const cdp = await startCdp(context, (response) => response.writeHead(status, { 'retry-after': '3600' }).end('OK'));
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  for (status of [200, 429, 503, 200]) await target.send([delivery(trackCall(`${status}`))], patience());
  assert.deepEqual(sdk.statuses, [200, 429, 503, 200]);
  assert.deepEqual(sdk.taken, ['200', '200'], 'it counts those as delivered that were');
});

test('what the SDK refuses or leaves out is known by name, and the rest of the batch is delivered once', async (context) => {
  const sdk = listenToSdk(context);
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const refused = delivery(trackCall('refused', { event: 7 }));
  const leftOut = delivery(trackCall('left-out', { integrations: { 'Segment.io': false } }));
  const good = [1, 2, 3].map((number) => delivery(trackCall(`good-${number}`)));
  const [first, ...rest] = good;
  assert.ok(first);
  const sent = await target.send([refused, first, leftOut, ...rest], patience());
  assert.ok(sent.kind === 'judged');
  assert.equal(briefly(sent), 'failed 400');
  assert.deepEqual(sent.accepted?.part, good);
  assert.equal(sent.accepted?.verdict.kind, 'delivered');
  assert.equal(sdk.tracked.length, 5);
  assert.deepEqual(
    cdp.taken.map(({ body }) => body.batch.map(({ messageId }) => messageId)),
    [['good-1', 'good-2', 'good-3']],
  );
});

test('a client that gives its place to another is closed and flushed by the SDK, and each key and address has one', async (context) => {
  const closed: string[] = [];
  const keys = new WeakMap<Analytics, string>();
  const { track, closeAndFlush } = Analytics.prototype;
  context.mock.method(Analytics.prototype, 'track', function (this: Analytics, ...call: Parameters<typeof track>) {
    keys.set(this, `${keys.get(this) ?? ''}${call[0].messageId}`);
    track.apply(this, call);
  });
  context.mock.method(Analytics.prototype, 'closeAndFlush', function (this: Analytics) {
    closed.push(keys.get(this) ?? 'unused');
    return closeAndFlush.call(this);
  });
  const cdp = await startCdp(context);
  const targets = openTargets(context, { maxClients: 1 });
  const send = (id: string, key: string) =>
    targets.targetOf(targetAt(cdp.url, key)).send([delivery(trackCall(id))], patience());
  for (const [id, key] of [
    ['a', 'first'],
    ['b', 'first'],
    ['c', 'second'],
  ] as const)
    assert.equal(briefly(await send(id, key)), 'delivered 200');
  assert.deepEqual(closed, ['ab']);
  await targets.close();
  assert.deepEqual(closed, ['ab', 'c']);
});

test('what a dry run shows is what is sent, but for the write key and the time', async (context) => {
  const cdp = await startCdp(context);
  const part = CALLS.map((call) => delivery(JSON.stringify(call)));
  await openTargets(context).targetOf(targetAt(cdp.url)).send(part, patience());
  const stated = await requestsOf({ host: cdp.url, path: '/v1/batch' }, part);
  assert.ok(!('kind' in stated));
  const [shown, ...more] = stated;
  const [wire] = cdp.taken;
  assert.ok(shown && wire);
  assert.deepEqual(more, []);
  assert.deepEqual([shown.method, shown.url, shown.events], ['POST', `${cdp.url}${wire.path}`, 3]);
  const { writeKey, sentAt, ...body } = JSON.parse(shown.body ?? '');
  assert.deepEqual([writeKey, sentAt === undefined], ['[redacted]', false]);
  assert.deepEqual({ ...body, writeKey: WRITE_KEY, sentAt: wire.body.sentAt }, wire.body);
  const headers = headersToShow(shown);
  assert.equal(headers.authorization, '[redacted]');
  for (const [name, value] of Object.entries(headers))
    if (name !== 'authorization') assert.equal(wire.headers[name], value, name);
  assert.equal(cdp.taken.length, 1);
});

test('a dry run takes a batch apart for an event that would not be sent, as sending finds out', async () => {
  const place = { host: 'http://127.0.0.1:9', path: '/v1/batch' };
  const bad = delivery(trackCall('bad', { event: 7 }));
  const alone = await requestsOf(place, [bad]);
  const inCompany = await requestsOf(place, [delivery(trackCall('good')), bad]);
  assert.ok('kind' in alone && 'kind' in inCompany);
  assert.deepEqual([briefly(alone), briefly(inCompany)], ['failed 400', 'isolate 400']);
});

test('a process is not kept alive: by a client that has sent, by one whose batch was given up, nor by one that lost an event', async (context) => {
  const cdp = await startCdp(context, (response, taken) => {
    if (taken.body.writeKey !== 'hangs') accept(response, taken);
  });
  const { stdout } = await run(process.execPath, [SENDER, cdp.url], { timeout: LIMIT_MS });
  assert.deepEqual(JSON.parse(stdout), ['delivered', 'aborted', 'failed']);
});
