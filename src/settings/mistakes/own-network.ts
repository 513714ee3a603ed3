// Tells hosts of one's own network from those of the internet.

import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, prefix);
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Domains that no one can have on the internet (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`), and Kubernetes' services. */
const OWN_DOMAIN = /\.(?:localhost|local|internal|home\.arpa|test|example|invalid|lan|localdomain|svc)$/i;

/** @param hostname of a URL; true for a name without dots, as containers have, and for private addresses */
export function isOwnNetwork(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version !== 0) return PRIVATE.check(address, version === 4 ? 'ipv4' : 'ipv6');
  return !address.includes('.') || OWN_DOMAIN.test(address);
}
