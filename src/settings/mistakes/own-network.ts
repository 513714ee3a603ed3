// Tells hosts of one's own network from those of the internet.

import { isIP } from 'node:net';
import { toPublicAddress } from '../../model/address.js';

/** Domains that no one can have on the internet (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`), and Kubernetes' services. */
const OWN_DOMAIN = /\.(?:localhost|local|internal|home\.arpa|test|example|invalid|lan|localdomain|svc)$/i;

/** @param hostname of a URL; true for a name without dots, as containers have, and for addresses that the internet does not route */
export function isOwnNetwork(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return toPublicAddress(address) === undefined;
  return !address.includes('.') || OWN_DOMAIN.test(address);
}
