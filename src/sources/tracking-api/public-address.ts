// Finds the address by which senders outside reach us.

import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';

/** Where an SDK is to send its events. */
export interface PublicAddress {
  readonly protocol: 'http' | 'https';
  /** With the port, where there is one. */
  readonly host: string;
  /** What a proxy takes off the path, or a program that we are mounted in: `/events`, or nothing. */
  readonly prefix: string;
}

/** How an IPv4 address looks on a socket that also takes IPv6. */
const MAPPED_IPV4 = /^::ffff:(?=[\d.]+$)/i;

/** A name or an address, with a port or without. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Segments of a path, from its first slash on. */
const PREFIX = /^(?:\/[\w.~!$&'()*+,;=:@%-]+)*$/;

/** A request, with the path that we are mounted at, where Express has put it. */
type MountedRequest = IncomingMessage & Partial<Pick<Request, 'baseUrl'>>;

/** The end of the connection that is ours: what a header says may be anybody's word. */
function ofConnection({ socket, baseUrl = '' }: MountedRequest): PublicAddress {
  const address = (socket.localAddress ?? '').replace(MAPPED_IPV4, '');
  const host = address.includes(':') ? `[${address}]` : address;
  return { protocol: 'http', host: `${host}:${socket.localPort}`, prefix: baseUrl };
}

/** What each proxy on the way has added to a header, the outermost first. */
function entriesOf(header: string | readonly string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim());
}

/** The first that can be a host. A request of HTTP/1.0 may come without any. */
function findHost(headers: IncomingMessage['headers']): string | undefined {
  const [forwarded = ''] = entriesOf(headers['x-forwarded-host']);
  return [forwarded, headers.host ?? ''].find((host) => HOST.test(host));
}

/** Proxies behind each other take off one part each. */
function findPrefix(headers: IncomingMessage['headers']): string {
  const parts = entriesOf(headers['x-forwarded-prefix']).flatMap((part) => part.split('/'));
  const prefix = parts.flatMap((part) => (part === '' ? [] : [`/${part}`])).join('');
  return PREFIX.test(prefix) ? prefix : '';
}

/**
 * The address by which the sender asked.
 *
 * @param trustProxy whether the headers say it, because a proxy in front sets or checks them; else the connection does
 */
export function findPublicAddress(request: MountedRequest, trustProxy: boolean): PublicAddress {
  const { headers } = request;
  const ours = ofConnection(request);
  if (!trustProxy) return ours;
  const [protocol = ''] = entriesOf(headers['x-forwarded-proto']);
  return {
    protocol: protocol.toLowerCase() === 'https' ? 'https' : 'http',
    host: findHost(headers) ?? ours.host,
    prefix: findPrefix(headers) + ours.prefix,
  };
}
