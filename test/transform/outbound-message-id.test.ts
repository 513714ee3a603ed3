// What the messageIds of outbound calls are made of.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { convertOutbound } from '../../src/transform/outbound/index.js';
import { outboundMessageId } from '../../src/transform/outbound/message-id.js';
import { converted, outboundRules } from '../../testkit/outbound.js';

const UUID = '7f1b2c00-3d4e-11ee-9a1b-0242ac120002';
const RULES = outboundRules();

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function eventId(event: object): string {
  return converted(convertOutbound({ eventName: 'Order Completed', userID: 'user-42', ...event }, RULES, 0)).eventId;
}

test('a messageId is the event, the workspace, the target and, for the second format, its name', () => {
  assert.equal(outboundMessageId(UUID, 'shop', 'segment-eu', 'statsig'), `${UUID}:shop:segment-eu`);
  assert.equal(
    outboundMessageId(UUID, 'shop', 'segment-eu', 'experiment-viewed'),
    `${UUID}:shop:segment-eu:experiment-viewed`,
  );
});

test('a messageId of 100 characters is kept, a longer one is replaced by its hash', () => {
  const id = 'e'.repeat(100 - ':shop:t'.length);
  assert.equal(outboundMessageId(id, 'shop', 't', 'statsig'), `${id}:shop:t`);
  assert.equal(outboundMessageId(`${id}e`, 'shop', 't', 'statsig'), `statsig-${sha256(`${id}e:shop:t`)}`);
});

test('no messageId is longer than 100 characters, and no two calls of an event share one', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200 }), name, name, name, (id, workspace, one, other) => {
      fc.pre(one !== other);
      const ids = [one, other].flatMap((target) => [
        outboundMessageId(id, workspace, target, 'statsig'),
        outboundMessageId(id, workspace, target, 'experiment-viewed'),
      ]);
      assert.equal(new Set(ids).size, 4);
      for (const each of ids) assert.ok(each.length <= 100, each);
    }),
  );
});

test('an event is known by its timeUUID, whatever else it holds', () => {
  assert.equal(eventId({ timeUUID: UUID, value: 1 }), UUID);
  assert.equal(eventId({ timeUUID: UUID, value: 2 }), UUID);
});

test('an event without a timeUUID is known by the hash of its content, with null for what is missing', () => {
  const user = { userID: 'user-42', email: 'a@example.com' };
  const event = { timestamp: 1767323045000, unitID: 'userID', user, value: '9', metadata: { sku: 'x' } };
  const text = JSON.stringify(['Order Completed', 1767323045000, 'user-42', 'userID', user, '9', { sku: 'x' }]);
  assert.equal(eventId(event), sha256(text).slice(0, 32));
  assert.equal(eventId({}), sha256('["Order Completed",null,"user-42",null,null,null,null]').slice(0, 32));
});

test('an empty or blank timeUUID is none: it would make all such events one', () => {
  for (const timeUUID of ['', ' ', null, {}, []]) {
    assert.equal(eventId({ timeUUID }), eventId({}));
    assert.notEqual(eventId({ timeUUID, value: 1 }), eventId({ timeUUID, value: 2 }));
  }
});

test('each field that the made id is of changes it', () => {
  const whole = { timestamp: 1, unitID: 'userID', user: { email: 'a' }, value: 'v', metadata: { a: 1 } };
  const variants = [
    whole,
    { ...whole, eventName: 'Order Cancelled' },
    { ...whole, timestamp: 2 },
    { ...whole, userID: 'user-43' },
    { ...whole, unitID: 'stableID' },
    { ...whole, user: { email: 'b' } },
    { ...whole, value: 'w' },
    { ...whole, metadata: { a: 2 } },
  ];
  assert.equal(new Set(variants.map(eventId)).size, variants.length);
  assert.equal(eventId({ ...whole, statsigMetadata: { sdkVersion: '1' } }), eventId(whole));
});

test('the made id tells nothing of private attributes', () => {
  const user = { userID: 'user-42' };
  assert.equal(eventId({ user: { ...user, privateAttributes: { salary: 1 } } }), eventId({ user }));
});
