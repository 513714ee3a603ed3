// Whose wrong tokens are counted together.

import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import type { ProxyTrust } from '../../http/proxy-trust.js';

/** Of an IPv6 address: a customer of a provider has all that begin alike. */
const NETWORK_PARTS = 4;

/** The address of the sender, as far as the proxies before us are believed, else that of the connection. */
export function addressOf(request: IncomingMessage, proxies: ProxyTrust): string {
  const said = proxies.isTrusted(request) ? proxies.addressOf(request) : undefined;
  const address = said ?? request.socket.remoteAddress ?? '';
  if (!ipaddr.isValid(address)) return address;
  const read = ipaddr.process(address);
  return read instanceof ipaddr.IPv6 ? read.parts.slice(0, NETWORK_PARTS).join(':') : read.toString();
}
