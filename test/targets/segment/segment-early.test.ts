// Getting a batch ready for Segment before its turn: it is sent when that comes, as if it had been made then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  briefly,
  deliveries,
  delivery,
  idsOf,
  openTargets,
  patience,
  startCdp,
  targetAt,
  trackCall,
} from '../../../testkit/segment-target.js';

test('what is got ready is not sent until it is asked for, and then once', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const early = deliveries(3, 'early');
  target.prepare?.(early);
  assert.equal(briefly(await target.send(deliveries(2, 'first'), patience())), 'delivered 200');
  assert.deepEqual(cdp.taken.flatMap(idsOf), ['first-0', 'first-1']);
  assert.equal(briefly(await target.send(early, patience())), 'delivered 200');
  assert.deepEqual(cdp.taken.flatMap(idsOf), ['first-0', 'first-1', 'early-0', 'early-1', 'early-2']);
});

test('its request says when it was sent, not when it was made', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const early = deliveries(1, 'early');
  target.prepare?.(early);
  await target.send(deliveries(1, 'first'), patience());
  const made = Date.now();
  while (Date.now() < made + 5) await new Promise(setImmediate);
  await target.send(early, patience());
  assert.ok(Date.parse(cdp.taken[1]?.body.sentAt ?? '') >= made + 5);
});

test('what cannot be sent is found out early and told when it is asked for', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const bad = [delivery(trackCall('bad', { event: 7 }))];
  const large = [delivery(trackCall('large', { properties: { note: 'x'.repeat(40_000) } }))];
  for (const part of [bad, large]) target.prepare?.(part);
  assert.equal(briefly(await target.send(bad, patience())), 'failed 400');
  assert.equal(briefly(await target.send(large, patience())), 'failed 413');
  assert.equal(cdp.taken.length, 0);
});

test('what was got ready for one key is sent with the key that it is asked for with', async (context) => {
  const cdp = await startCdp(context);
  const targets = openTargets(context);
  const part = deliveries(2);
  targets.targetOf(targetAt(cdp.url, 'old-key')).prepare?.(part);
  assert.equal(briefly(await targets.targetOf(targetAt(cdp.url, 'new-key')).send(part, patience())), 'delivered 200');
  assert.deepEqual(
    cdp.taken.map(({ body }) => body.writeKey),
    ['new-key'],
  );
});

test('getting ready for an address that no request can be made of throws only when it is asked for', async (context) => {
  const target = openTargets(context).targetOf(targetAt('no url'));
  const part = deliveries(1);
  target.prepare?.(part);
  await new Promise(setImmediate);
  await assert.rejects(target.send(part, patience()), /URL/);
});

test('messages that share an id are sent each with its own text', async (context) => {
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

test('a payload is sent as it was stored, to the letter', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const stored = JSON.stringify(trackCall('m', { properties: { price: 10, note: 'ü \u2028' } })).replace('10', '1.0e1');
  await target.send([delivery(`${stored} \n`)], patience());
  assert.ok(cdp.taken[0]?.text.includes(`"batch":[${stored.slice(0, -1)},"_metadata":{`));
});

test('an event of 32 KB is sent also where most of it is what the SDK counts: its name in `i`s', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const named = (length: number) => [delivery(trackCall('m', { event: 'i'.repeat(length) }))];
  const spare = 32 * 1024 - JSON.stringify(trackCall('m', { event: '' })).length - 60;
  assert.equal(briefly(await target.send(named(spare), patience())), 'delivered 200');
  assert.equal(briefly(await target.send(named(spare + 100), patience())), 'failed 413');
});
