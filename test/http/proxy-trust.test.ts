// What proxies and senders write of addresses never throws, and never makes a private address a user's.

import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { isIP, Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { createProxyTrust, NO_PROXY } from '../../src/http/proxy-trust.js';
import { toPublicAddress } from '../../src/model/address.js';
import { propertyRuns } from '../../testkit/property-runs.js';

const RUNS = propertyRuns(500);

const PRIVATE = /^(unspecified|loopback|private|uniqueLocal|linkLocal|carrierGradeNat|multicast|broadcast)$/;

/** Of what the library calls reserved: proxies and clouds use them within (RFC 6890). */
const NEVER_ROUTED = ['198.18.0.0/15', '240.0.0.0/4'].map((network) => ipaddr.IPv4.parseCIDR(network));

/** A request of a connection from this address. */
function requestFrom(address: string, headers: Readonly<Record<string, string>>): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  return Object.assign(new IncomingMessage(socket), { headers });
}

const ADDRESS = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((address) => `::ffff:${address}`),
  // The first numbers around which special networks lie.
  fc
    .tuple(fc.constantFrom(10, 100, 127, 169, 172, 192, 198, 224, 240, 255), fc.nat(255), fc.nat(255))
    .map(([a, b, c]) => `${a}.${b}.${c}.7`),
);

test("an address is a user's where the library does not call it private and it is routed, and only then", () => {
  fc.assert(
    fc.property(ADDRESS, (text) => {
      const address = ipaddr.process(text);
      const isNeverRouted = address instanceof ipaddr.IPv4 && NEVER_ROUTED.some((network) => address.match(network));
      const isPrivate = PRIVATE.test(address.range()) || isNeverRouted;
      const found = toPublicAddress(text);
      assert.equal(found === undefined, isPrivate, `${text} ${address.range()}`);
      if (found !== undefined) assert.equal(ipaddr.process(found).toString(), address.toString());
    }),
    { numRuns: RUNS },
  );
});

test('any other text is no address, or has one in it', () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(ADDRESS, fc.string({ maxLength: 5 }))).map((all) => all.join(',')),
  );
  fc.assert(
    fc.property(text, (written) => {
      const found = toPublicAddress(written);
      assert.ok(found === undefined || isIP(found) > 0, found);
    }),
    { numRuns: RUNS },
  );
});

test('headers of any text make no trust throw, and none is believed without a trusted proxy', () => {
  const value = fc.oneof(fc.string(), ADDRESS, fc.constantFrom('for=', 'for="[', 'for=1.2.3.4;;', ',,,', '[::1]:9'));
  const headers = fc.record({ 'x-forwarded-for': value, forwarded: value, 'x-real-ip': value }, { requiredKeys: [] });
  const trusts = ['true', '1', 'loopback', '10.0.0.0/8'].map(createProxyTrust);
  fc.assert(
    fc.property(headers, (written) => {
      for (const trust of trusts) trust.addressOf(requestFrom('127.0.0.1', written));
      const own = Object.keys(written).length === 0 ? '198.51.100.4' : undefined;
      assert.equal(NO_PROXY.addressOf(requestFrom('198.51.100.4', written)), own);
      const stranger = createProxyTrust('10.0.0.0/8').addressOf(requestFrom('198.51.100.4', written));
      assert.ok(stranger === undefined || stranger === '198.51.100.4', stranger);
    }),
    { numRuns: RUNS },
  );
});
