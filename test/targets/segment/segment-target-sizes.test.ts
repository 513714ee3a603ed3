// Size limits of events and requests, measured in the bytes that go over the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
} from '../../../testkit/segment-target.js';

const MAX_EVENT_BYTES = 32 * 1024;
const MAX_REQUEST_BYTES = 500_000;

/** Fillers that Segment's SDK counts wrongly: letters not at all, `i` and what a URL would escape too much. */
const FILLERS = ['a', 'i', ' ', '"', '%', 'é', '語', '🎉', '\n', '\u2028', '\ud800'];

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** A call whose JSON text has exactly this length in bytes. */
function callOfBytes(bytes: number, filler: string, messageId: string) {
  const unit = bytesOf(filler) - 2;
  const room = bytes - bytesOf(trackCall(messageId, { properties: { note: '' } }));
  const note = filler.repeat(Math.floor(room / unit)) + 'x'.repeat(room % unit);
  const call = trackCall(messageId, { properties: { note } });
  assert.equal(bytesOf(call), bytes);
  return call;
}

test('an event may have 32 KB on the wire and no byte more, whatever it is made of', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  await target.send(deliveries(1), patience());
  const onWire = bytesOf(cdp.taken[0]?.body.batch[0]);
  const added = onWire - bytesOf(trackCall('message-0'));
  for (const filler of FILLERS) {
    for (const bytes of [MAX_EVENT_BYTES - 1, MAX_EVENT_BYTES]) {
      const call = callOfBytes(bytes - added, filler, 'message');
      assert.equal(briefly(await target.send([delivery(call)], patience())), 'delivered 200', JSON.stringify(filler));
      assert.equal(bytesOf(cdp.taken.at(-1)?.body.batch[0]), bytes);
    }
    const requests = cdp.taken.length;
    const tooLarge = delivery(callOfBytes(MAX_EVENT_BYTES + 1 - added, filler, 'message'));
    const alone = await target.send([tooLarge], patience());
    assert.equal(briefly(alone), 'failed 413');
    assert.match(messageOf(alone), /the event has 32769 bytes, more than 32768/);
    assert.equal(cdp.taken.length, requests);
    assert.equal(briefly(await target.send([...deliveries(2), tooLarge], patience())), 'failed 413');
    assert.deepEqual(cdp.taken.slice(requests).map(idsOf), [['message-0', 'message-1']]);
  }
});

test('an event of 32 KB is sent also where most of it is what the SDK counts: its name in `i`s', async (context) => {
  const cdp = await startCdp(context);
  const target = openTargets(context).targetOf(targetAt(cdp.url));
  const named = (length: number) => [delivery(trackCall('m', { event: 'i'.repeat(length) }))];
  await target.send(named(1), patience());
  const spare = MAX_EVENT_BYTES - bytesOf(cdp.taken[0]?.body.batch[0]) + 1;
  assert.equal(briefly(await target.send(named(spare), patience())), 'delivered 200');
  assert.equal(bytesOf(cdp.taken[1]?.body.batch[0]), MAX_EVENT_BYTES);
  assert.equal(briefly(await target.send(named(spare + 1), patience())), 'failed 413');
});

test('a full batch is one request that Segment takes, whether of many events or of large ones', async (context) => {
  const cdp = await startCdp(context);
  const targets = openTargets(context);
  const target = targets.targetOf(targetAt(cdp.url, 'k'.repeat(200)));
  for (const filler of FILLERS) {
    for (const events of [target.maxBatchEvents, 14]) {
      const bytes = Math.floor(target.maxBatchBytes / events);
      const rest = target.maxBatchBytes - bytes * events;
      const part = Array.from({ length: events }, (_, index) =>
        delivery(callOfBytes(index === 0 ? bytes + rest : bytes, filler, `message-${index}`)),
      );
      const payloads = part.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
      assert.equal(payloads, target.maxBatchBytes);

      const before = cdp.taken.length;
      assert.equal(briefly(await target.send(part, patience())), 'delivered 200');
      assert.equal(cdp.taken.length, before + 1, `${events} events of ${JSON.stringify(filler)}`);
      const requestBytes = Buffer.byteLength(cdp.taken.at(-1)?.text ?? '');
      assert.ok(requestBytes > target.maxBatchBytes && requestBytes <= MAX_REQUEST_BYTES, `${requestBytes} bytes`);
      assert.ok(requestBytes <= 462_300, `${requestBytes} bytes: the arithmetic of the limit is wrong`);
    }
  }
});
