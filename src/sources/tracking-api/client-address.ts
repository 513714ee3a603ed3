// Finds the IP address of the machine that sent a request.

import type { IncomingMessage } from 'node:http';

/** How an IPv4 address looks on a socket that also takes IPv6. */
const MAPPED_IPV4 = /^::ffff:(?=[\d.]+$)/i;

/**
 * The address of the machine that sent the request. Where a proxy stands between, its word for the address is not taken, because any sender can write
 * that header, and its own address is no one's: then there is none.
 */
export function findClientAddress(request: IncomingMessage): string | undefined {
  if (request.headers['x-forwarded-for'] !== undefined) return undefined;
  return request.socket.remoteAddress?.replace(MAPPED_IPV4, '');
}
