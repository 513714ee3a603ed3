// What stands for Node.js in `statsig-cdp/convert`, held against Node.js.

import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { isIP as nodeIsIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import addresses, { isIP } from '../../src/convert/platform/addresses.js';
import { Buffer as Bytes } from '../../src/convert/platform/bytes.js';
import * as crypto from '../../src/convert/platform/crypto.js';
import { propertyRuns } from '../../testkit/property-runs.js';

const RUNS = { numRuns: propertyRuns(60) };

test('hashes and HMACs are those of Node.js, of every length around a block', () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = nodeCrypto.randomBytes(length);
    for (const algorithm of ['sha1', 'sha256'] as const) {
      const expected = nodeCrypto.createHash(algorithm).update(bytes).digest('hex');
      assert.equal(crypto.createHash(algorithm).update(bytes).digest('hex'), expected);
      const key = bytes.toString('base64');
      const hmac = nodeCrypto.createHmac(algorithm, key).update('a').update(bytes).digest('base64url');
      assert.equal(crypto.createHmac(algorithm, key).update('a').update(bytes).digest('base64url'), hmac);
    }
  }
});

test('bytes of strings are those of Node.js, halves of pairs included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
      assert.deepEqual([...Bytes.from(text)], [...Buffer.from(text)]);
      assert.equal(Bytes.byteLength(text), Buffer.byteLength(text));
      assert.equal(Bytes.from(Buffer.from(text)).toString(), Buffer.from(text).toString());
      assert.equal(Bytes.from(bytes).toString('hex'), Buffer.from(bytes).toString('hex'));
      assert.equal(Bytes.from(bytes).toString('base64url'), Buffer.from(bytes).toString('base64url'));
      const hex = Buffer.from(bytes).toString('hex');
      assert.deepEqual([...Bytes.from(hex, 'hex')], [...bytes]);
      assert.equal(crypto.hash('sha256', text, 'hex'), nodeCrypto.hash('sha256', text, 'hex'));
    }),
    RUNS,
  );
  assert.deepEqual([...Bytes.from('\ud800a\udc00')], [...Buffer.from('\ud800a\udc00')]);
  assert.equal(Bytes.from([0xff, 0x41]).toString(), '', 'what is no UTF-8 says nothing');
});

test('a comparison says whether bytes are equal, and refuses other lengths', () => {
  assert.equal(crypto.timingSafeEqual(Bytes.from('abc'), Bytes.from('abc')), true);
  assert.equal(crypto.timingSafeEqual(Bytes.from('abc'), Bytes.from('abd')), false);
  assert.throws(() => crypto.timingSafeEqual(Bytes.from('abc'), Bytes.from('ab')), RangeError);
  assert.match(crypto.randomUUID(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.notEqual(crypto.randomUUID(), crypto.randomUUID());
});

const USED = [
  ...['unspecified', 'loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat', 'multicast', 'broadcast'],
];

/** Addresses, near-addresses and those at the edges of networks. */
const TEXTS = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((text) => `::ffff:${text}`),
  fc.constantFrom(
    '0.0.0.0',
    '0.255.255.255',
    '1.0.0.0',
    '100.63.255.255',
    '100.64.0.0',
    '100.128.0.0',
    '172.15.0.1',
    '172.16.0.0',
  ),
  fc.constantFrom(
    '172.32.0.0',
    '169.254.0.1',
    '192.168.255.255',
    '224.0.0.0',
    '239.1.1.1',
    '240.0.0.0',
    '255.255.255.255',
  ),
  fc.constantFrom(
    '::',
    '::1',
    '::2',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'fc00::',
    'fdff::1',
    'ff02::1',
    '2001:db8::1',
    'fe80::1%eth0',
  ),
  fc.constantFrom(
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    ':::',
    '1::2::3',
    '::1.2.3.256',
    'g::',
    '12345::',
    '1:2:3:4:5:6:7',
  ),
  fc.constantFrom(
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1:0:0:2:0:0:0:3',
    '::1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
  ),
  fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '%', 'g'), maxLength: 12 }),
);

test('addresses are what node:net and ipaddr.js say', () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      assert.equal(isIP(text), nodeIsIP(text), text);
      // Node takes any zone, ipaddr.js only some.
      if (nodeIsIP(text) === 0 || !ipaddr.isValid(text)) return;
      const [own, theirs] = [addresses.process(text), ipaddr.process(text)];
      assert.equal(own.toString(), theirs.toString(), text);
      const range = theirs.range();
      if (USED.includes(range)) assert.equal(own.range(), range, text);
      else assert.equal(own.range(), 'unicast', `${text} is ${range}`);
    }),
    { numRuns: propertyRuns(400) },
  );
});
