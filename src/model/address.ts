// IP addresses as senders and proxies write them.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** How an address looks with a port: `203.0.113.7:443`, `[2001:db8::1]:443`, and in brackets alone. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([^\]]+)\](?::\d+)?)$/;

/** An address without its port. */
export function withoutPort(text: string): string {
  const [, four, six] = WITH_PORT.exec(text) ?? [];
  return four ?? six ?? text;
}

/** Without a zone (`fe80::1%eth0`): it names an interface of the machine that wrote it, Node takes any text for one, and ipaddr.js throws for some. */
const isAddress = (text: string) => !text.includes('%') && isIP(text) !== 0;

/** What no machine of a user has as seen from the internet. What is left, ranges for documents included, may be one's; but see `NEVER_ROUTED`. */
const NOT_PUBLIC: ReadonlySet<string> = new Set([
  'unspecified',
  'loopback',
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
  'multicast',
  'broadcast',
]);

/** Of what the library calls reserved: 198.18.0.0/15 and 240.0.0.0/4, which proxies and clouds use within (RFC 6890). */
const NEVER_ROUTED = /^(?:198\.1[89]|24\d|25[0-5])\./;

/** First numbers of IPv4 networks none of which is special, and IPv6's 2000::/3: asking the library takes fifty times as long. */
const SURELY_PUBLIC =
  /^(?:[1-9]|1[1-9]|[2-9]\d|1[13-5]\d|10[1-9]|12[0-689]|16[0-8]|17[013-9]|18\d|19[013-79]|20\d|21\d|22[0-3])\.|^[23][\da-f]{3}:/i;

/** Addresses that had to be looked at closely: machines of one network mostly. */
const KNOWN = 1_000;

function examine(text: string): string {
  for (const part of text.split(',')) {
    const bare = withoutPort(part.trim());
    if (!isAddress(bare)) continue;
    // One of IPv4 in the form of IPv6 becomes IPv4.
    const address = ipaddr.process(bare);
    const plain = address.toString();
    if (!NOT_PUBLIC.has(address.range()) && !NEVER_ROUTED.test(plain)) return plain;
  }
  return '';
}

const examined = new LRUCache<string, string>({ max: KNOWN, memoMethod: examine });

/** More than any list of addresses that a proxy writes. */
const MAX_LENGTH = 500;

/**
 * The address by which the internet knows a machine; `undefined` for a string without one: one of the machine itself or of a network behind a router, `0.0.0.0`, no address at all.
 * A port is left out, and of a list, as `X-Forwarded-For` has it, the first public address is taken.
 */
export function toPublicAddress(text: string): string | undefined {
  if (SURELY_PUBLIC.test(text) && isAddress(text)) return text;
  if (text.length > MAX_LENGTH) return undefined;
  return examined.memo(text) || undefined;
}

/** True for the address that stands for none, in any writing: people write it to hide the one of their users (Segment's and RudderStack's documentation, anonymous IP). */
export function isUnspecified(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  const bare = withoutPort(text.trim());
  return isAddress(bare) && ipaddr.process(bare).range() === 'unspecified';
}
