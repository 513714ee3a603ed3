// What Segment signs is found in a batch whatever the events hold, and nothing else passes for it.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../../src/base/secret.js';
import { findFirstElement } from '../../../src/sources/segment/first-element.js';
import { findSignedPart } from '../../../src/sources/segment/signature.js';

const SECRETS = [new Secret('shared-old'), new Secret('shared-example')];

const event = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
const batch = fc
  .tuple(event, fc.array(event, { maxLength: 3 }))
  .map(([first, rest]) => ({ first, all: [first, ...rest] }));
const spaces = fc.constantFrom('', ' ', '\n\t', '  \r\n');

function signatureOf(value: unknown): string {
  return createHmac('sha1', 'shared-example').update(JSON.stringify(value)).digest('hex');
}

test('the first event of any batch is found to the byte', () => {
  fc.assert(
    fc.property(batch, spaces, spaces, ({ first, all }, before, within) => {
      const [, ...rest] = all.map((each) => JSON.stringify(each));
      const sent = JSON.stringify(first);
      const body = `${before}[${within}${[sent + within, ...rest].join(',')}]${before}`;
      assert.equal(findFirstElement(Buffer.from(body))?.toString(), sent);
      assert.equal(findFirstElement(Buffer.from(`\ufeff${body}`))?.toString(), sent);
    }),
  );
});

test('the signature of the first event is right in every form a batch comes in', () => {
  fc.assert(
    fc.property(batch, fc.constantFrom(0, 2), ({ first, all }, indent) => {
      const bare = Buffer.from(JSON.stringify(all, null, indent));
      const wrapped = Buffer.from(
        JSON.stringify(
          all.map((json) => ({ json })),
          null,
          indent,
        ),
      );
      assert.equal(findSignedPart(signatureOf(first), bare, SECRETS, 'bodyOrFirst'), 'first');
      assert.equal(findSignedPart(signatureOf(all), bare, SECRETS, 'bodyOrFirst'), indent === 0 ? 'body' : undefined);
      assert.equal(findSignedPart(signatureOf(first), wrapped, SECRETS, 'bodyOrFirst'), 'first');
      assert.ok(findSignedPart(signatureOf(first), bare, SECRETS, 'body') === undefined);
      assert.ok(findSignedPart(signatureOf(first), bare, [], 'bodyOrFirst') === undefined);
    }),
  );
});

test('the signature of anything else is wrong', () => {
  fc.assert(
    fc.property(batch, event, ({ first, all }, other) => {
      fc.pre(JSON.stringify(other) !== JSON.stringify(first));
      const body = Buffer.from(JSON.stringify(all));
      assert.ok(findSignedPart(signatureOf(other), body, SECRETS, 'bodyOrFirst') === undefined);
      assert.ok(
        findSignedPart(signatureOf(first), Buffer.from(JSON.stringify([other, ...all])), SECRETS, 'bodyOrFirst') ===
          undefined,
      );
    }),
  );
});

test('a call of Webhook Audiences is signed without the extras, which have to be what it says they are', () => {
  const extras = { secret: 'example', more: { 7: [1.5, null] } };
  const settings = { extras: JSON.stringify(extras) };
  const call = { type: 'identify', userId: 'user-42', context: { personas: { audience_settings: settings } } };
  const signature = signatureOf(call);
  const partOf = (body: unknown, part: 'body' | 'bodyOrFirst' = 'bodyOrFirst') =>
    findSignedPart(signature, Buffer.from(JSON.stringify(body)), SECRETS, part);
  assert.equal(partOf({ ...call, ...extras }, 'body'), 'body');
  assert.equal(partOf([{ ...call, ...extras }, { type: 'track' }]), 'first');
  assert.equal(partOf([{ ...call, ...extras }], 'body'), undefined);
  // As it was signed, before the extras came into it.
  assert.equal(partOf(call), 'body');
  for (const changed of [{ secret: 'another' }, { more: { 7: [1.5] } }, { userId: 'user-1' }, { traits: { a: 1 } }])
    assert.equal(partOf({ ...call, ...extras, ...changed }), undefined, JSON.stringify(changed));
  const lacking = { ...call, secret: extras.secret };
  assert.equal(partOf(lacking), undefined);
  for (const other of ['no JSON', '[]', '{"userId":"user-1"}'])
    assert.equal(
      partOf({ ...call, ...extras, context: { personas: { audience_settings: { extras: other } } } }),
      undefined,
    );
});

test('any bytes have a verdict', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, signature) => {
      assert.equal(findSignedPart(signature, Buffer.from(bytes), SECRETS, 'bodyOrFirst'), undefined);
      const opened = Buffer.concat([Buffer.from('[{'), bytes, Buffer.from('}]')]);
      assert.equal(findSignedPart('0'.repeat(40), opened, SECRETS, 'bodyOrFirst'), undefined);
    }),
  );
});

test('an event nested too deep to be written has a verdict', () => {
  const deep = Buffer.from(`[{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}]`);
  assert.equal(findSignedPart('0'.repeat(40), deep, SECRETS, 'bodyOrFirst'), undefined);
});
