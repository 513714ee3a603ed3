// Tells requests that begin on this machine from those that only seem to.

import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/** What a proxy adds. Nobody on this machine asks through one, and what it says of an address can be written by anyone. */
const OF_PROXIES = ['x-forwarded-for', 'forwarded', 'x-real-ip'];

function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/** The name in a header `Host`: `localhost` of `localhost:9090`, `::1` of `[::1]:9090`. */
function nameIn(host: string): string {
  return (/^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase();
}

/**
 * True for a request to a name of this machine. A page of a stranger can have its own name lead to this machine (DNS rebinding), so that a browser takes us for the
 * stranger's server; but the name that the browser writes is the stranger's.
 */
export function asksForThisMachine({ headers }: IncomingMessage): boolean {
  const name = nameIn(headers.host ?? '');
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}

/** True for a connection from this machine that no proxy made for somebody else. What headers say of addresses counts against it, never for it. */
export function comesFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  return isLoopbackAddress(socket.remoteAddress ?? '') && OF_PROXIES.every((name) => headers[name] === undefined);
}
