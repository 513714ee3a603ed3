// What a batch of outbound events looks like on the wire to Segment and RudderStack.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import nock from 'nock';
import {
  briefly,
  deliveries,
  delivery,
  idsOf,
  messageOf,
  openTargets,
  patience,
  startCdp,
  targetAt,
  trackCall,
  WRITE_KEY,
} from '../../../testkit/segment-target.js';
import { until } from '../../../testkit/until.js';
import { canBeWritten } from '../../../testkit/written.js';

before(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
after(() => nock.restore());

const SEGMENT = 'https://api.segment.io';
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('a batch reaches Segment as one request in which everything is as it was converted', async (context) => {
  const exposure = trackCall('1:shop:cdp', {
    anonymousId: 'anonymous-42',
    context: {
      user: { userID: 'user-42', custom: { plan: 'pro' } },
      value: 3,
      metadata: { gate: 'new_checkout' },
      library: { name: 'statsig', version: '1.0', stableID: 'stable-42' },
      groupId: 'company-7',
    },
    properties: { value: null, metadata: { price: '9.99', 'name with ünicode 🎉': '' }, list: [1, 'a', null] },
    integrations: { Statsig: false, All: true, Amplitude: { sessionId: 1 } },
  });
  const change = trackCall('2:shop:cdp', { event: 'statsig::config_change', timestamp: '2026-03-04T05:06:07.000Z' });
  let sent: Record<string, unknown> = {};
  const segment = nock(SEGMENT, { reqheaders: { 'content-type': 'application/json' } })
    .matchHeader('authorization', `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`)
    .matchHeader('user-agent', /^statsig-cdp\//)
    .matchHeader('content-encoding', (value) => value === undefined)
    .post('/v1/batch', (body) => {
      sent = body;
      return true;
    })
    .reply(200, { success: true });
  const target = openTargets(context).targetOf(targetAt(SEGMENT));

  const outcome = await target.send([delivery(exposure), delivery(change)], patience());

  assert.equal(briefly(outcome), 'delivered 200');
  segment.done();
  const { batch, sentAt, ...rest } = sent;
  assert.deepEqual(rest, { writeKey: WRITE_KEY });
  assert.match(String(sentAt), ISO_8601);
  assert.ok(Array.isArray(batch));
  const events = batch.map(({ _metadata, ...event }) => {
    assert.deepEqual(Object.keys(_metadata), ['nodeVersion', 'jsRuntime']);
    return event;
  });
  assert.deepEqual(events, [exposure, change]);
});

test('an event that names no library gets ours, one that names another loses the name only', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const libraries = [undefined, 'text', { name: 'other', stableID: 'stable-42' }];
  const part = libraries.map((library, index) => delivery(trackCall(`m-${index}`, { context: { library, page: {} } })));
  assert.equal(briefly(await target.send(part, patience())), 'delivered 200');
  const ours = { name: 'statsig', version: '1.0' };
  assert.deepEqual(
    cdp.taken[0]?.body.batch.map(({ context }) => context),
    [
      { page: {}, library: ours },
      { page: {}, library: ours },
      { page: {}, library: { ...ours, stableID: 'stable-42' } },
    ],
  );
});

test('a RudderStack data plane gets the same batch at its own path, and its answer in plain text is a yes', async (context) => {
  const cdp = await startCdp(context, (response) => response.end('OK'));
  const target = openTargets(context).targetOf({ ...targetAt(cdp.url), path: '/prefix/v1/batch' });
  assert.equal(briefly(await target.send(deliveries(3), patience())), 'delivered 200');
  assert.deepEqual(
    cdp.taken.map(({ path }) => path),
    ['/prefix/v1/batch'],
  );
});

test('the events of a batch stay in order', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  await target.send(deliveries(target.maxBatchEvents), patience());
  assert.equal(cdp.taken.length, 1);
  const expected = Array.from({ length: target.maxBatchEvents }, (_, index) => `message-${index}`);
  assert.deepEqual(cdp.taken.flatMap(idsOf), expected);
});

test('a target tells its name, and tells other places and other keys apart', (context) => {
  const targets = openTargets(context);
  const target = targetAt(SEGMENT);
  const { title, identity } = targets.targetOf(target);
  assert.equal(title, 'cdp');
  assert.equal(targets.targetOf({ ...target, name: 'renamed' }).identity, identity);
  for (const other of [targetAt(SEGMENT, 'another-key'), targetAt('https://eu.example'), { ...target, path: '/b' }])
    assert.notEqual(targets.targetOf(other).identity, identity);
});

test("no batch waits for the SDK's callbacks, which come 300 ms late", async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const batches = 40;
  const order: string[] = [];
  const late = setTimeout(() => order.push('callbacks'), batches * 300);
  context.after(() => clearTimeout(late));
  for (let index = 0; index < batches; index += 1) await target.send(deliveries(1, `batch-${index}`), patience());
  order.push('batches');
  assert.deepEqual(order, ['batches']);
  assert.equal(cdp.taken.length, batches);
});

test('a call that the SDK does not take is the fault of that event alone: its batch is sent without it', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const bad = [
    trackCall('bad', { userId: undefined }),
    trackCall('bad', { userId: 42 }),
    trackCall('bad', { event: 7 }),
    trackCall('bad', { event: undefined }),
    trackCall('bad', { properties: [] }),
    trackCall('bad', { context: 'text' }),
    trackCall('bad', { integrations: null }),
    trackCall('bad', { timestamp: 'yesterday' }),
    trackCall('bad', { timestamp: 1772600767089 }),
    trackCall('bad', { messageId: '' }),
    trackCall('bad', { type: 'page' }),
    '{"messageId":',
    '[]',
    'null',
  ];
  // JSON that can be read at any depth, and by some versions of Node be written at none such.
  const deep = JSON.stringify(trackCall('bad', { properties: { note: 0 } })).replace(
    '0}',
    `${'['.repeat(15_000)}${']'.repeat(15_000)}}`,
  );
  if (!canBeWritten(JSON.parse(deep))) bad.push(deep);
  for (const payload of bad) {
    const name = JSON.stringify(payload);
    assert.equal(briefly(await target.send([delivery(payload)], patience())), 'failed 400', name);
    assert.equal(cdp.taken.length, 0, name);
    const part = [...deliveries(2), delivery(payload), ...deliveries(2, 'behind')];
    const sent = await target.send(part, patience());
    assert.equal(briefly(sent), 'failed 400', name);
    assert.ok(sent.kind === 'judged');
    assert.deepEqual(sent.accepted?.part, [...part.slice(0, 2), ...part.slice(3)], name);
    assert.deepEqual(cdp.taken.splice(0).flatMap(idsOf), ['message-0', 'message-1', 'behind-0', 'behind-1'], name);
  }
  assert.match(
    messageOf(await target.send([delivery(trackCall('bad', { event: 7 }))], patience())),
    /does not take the event: \.event is not a string/,
  );

  assert.equal(briefly(await target.send(deliveries(2, 'good'), patience())), 'delivered 200');
  assert.deepEqual(cdp.taken.flatMap(idsOf), ['good-0', 'good-1']);
});

test('an event that got lost inside the SDK does not count as delivered, and is not waited for', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const lost = delivery(trackCall('lost', { integrations: { 'Segment.io': false } }));

  const alone = await target.send([lost], patience());
  assert.equal(briefly(alone), 'failed 400');
  assert.match(messageOf(alone), /put the event into no request/);
  assert.equal(cdp.taken.length, 0);

  const inCompany = await target.send([...deliveries(2), lost], patience());
  assert.equal(briefly(inCompany), 'failed 400');
  assert.deepEqual(cdp.taken.flatMap(idsOf), ['message-0', 'message-1']);

  assert.equal(briefly(await target.send(deliveries(1, 'next'), patience())), 'delivered 200');
});

test('messages that share an id are sent each with its own content', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const part = ['one', 'two', 'three'].map((event) => delivery(trackCall('same', { event })));
  assert.equal(briefly(await target.send(part, patience())), 'delivered 200');
  assert.deepEqual(
    cdp.taken[0]?.body.batch.map(({ messageId, event }) => `${messageId} ${event}`),
    ['same one', 'same two', 'same three'],
  );
});

test('fields that are none of a track call stay here', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  await target.send([delivery(trackCall('m', { traits: { email: 'a@shop.example' }, writeKey: 'x' }))], patience());
  const { _metadata, ...event } = cdp.taken[0]?.body.batch[0] ?? {};
  assert.deepEqual(event, trackCall('m'));
});

test('a batch says when it was sent, also after it has waited for another of the same key', async (context) => {
  let release = () => {};
  const cdp = await startCdp(context, (response, taken) => {
    if (idsOf(taken).includes('first-0')) release = () => response.end('OK');
    else response.end('OK');
  });
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const sends = [target.send(deliveries(1, 'first'), patience()), target.send(deliveries(1, 'second'), patience())];
  await until(() => cdp.taken.length === 1, 'the first batch arrives');
  const given = Date.now();
  await until(() => Date.now() > given, 'time passes');
  const answered = Date.now();
  release();
  await Promise.all(sends);
  assert.ok(Date.parse(cdp.taken[1]?.body.sentAt ?? '') >= answered);
});
