// Reads what a proxy in front says of a request, where the settings trust it.

import type { IncomingMessage } from 'node:http';
import parseForwarded from 'forwarded-parse';
import proxyAddress from 'proxy-addr';
import type { Logger } from '../base/logger.js';
import { withoutPort } from '../model/address.js';

/** Whether the machine at an address, so many steps away from us, is a proxy whose word counts. */
type IsTrusted = (address: string, distance: number) => boolean;

/** Which proxies in front are believed. */
export interface ProxyTrust {
  /** True where the request comes from a proxy that sets or checks what its headers say of host, protocol and addresses. */
  isTrusted(request: IncomingMessage): boolean;
  /**
   * The address of the machine that sent the request: the last one that the trusted proxies name. Where none is trusted but a header says that there is one, the
   * address of the connection is no one's, and any sender can write the header: then there is none.
   *
   * @returns as it is written, which may be any string
   */
  addressOf(request: IncomingMessage): string | undefined;
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}

/** The addresses that proxies added, the nearest last; `undefined` where the header cannot be read. */
function readForwarded(header: string): readonly string[] | undefined {
  try {
    return parseForwarded(header).map(({ for: address = '' }) => address);
  } catch {
    return undefined;
  }
}

/** What the headers say of the way of the request, the nearest last; empty where they say nothing, `undefined` where it cannot be read. */
function addressesIn({ headers }: IncomingMessage): readonly string[] | undefined {
  const list = single(headers['x-forwarded-for']);
  if (list !== undefined) return list.split(',').map((address) => address.trim());
  const forwarded = single(headers.forwarded);
  if (forwarded !== undefined) return readForwarded(forwarded);
  const real = single(headers['x-real-ip']);
  return real === undefined ? [] : [real.trim()];
}

/** The same request with its way in the one header that proxy-addr reads. */
function withAddresses(request: IncomingMessage, addresses: readonly string[]): IncomingMessage {
  const headers = { 'x-forwarded-for': addresses.map(withoutPort).join(',') };
  return Object.create(request, { headers: { value: headers } });
}

function trustOf(setting: string): IsTrusted {
  if (setting === 'true') return () => true;
  if (/^\d+$/.test(setting)) return (_address, distance) => distance < Number(setting);
  return proxyAddress.compile(setting.split(',').map((address) => address.trim()));
}

/** No proxy is believed. */
export const NO_PROXY: ProxyTrust = {
  isTrusted: () => false,
  addressOf: (request) => (addressesIn(request)?.length === 0 ? request.socket.remoteAddress : undefined),
};

/** Tells once that requests come through a proxy that no one is told to believe: the events of browsers behind it have no address of their users. */
export function tellOfProxy(trust: ProxyTrust, log: Pick<Logger, 'warn'>): ProxyTrust {
  let isTold = trust !== NO_PROXY;
  return {
    ...trust,
    addressOf(request) {
      const address = trust.addressOf(request);
      if (address === undefined && !isTold) {
        isTold = true;
        log.warn(
          {},
          'Calls of SDKs come through a proxy, so their events have no address of their user. Set TRUST_PROXY, to 1 where there is one proxy.',
        );
      }
      return address;
    },
  };
}

/**
 * @param setting as Express's `trust proxy`: `true`, `false`, a number of proxies, or their addresses, networks and `loopback`, `linklocal`, `uniquelocal`,
 *   with commas between
 * @throws TypeError for what is none of them
 */
export function createProxyTrust(setting: string): ProxyTrust {
  const said = setting.toLowerCase();
  if (said === 'false') return NO_PROXY;
  const isTrusted = trustOf(said);
  return {
    isTrusted: ({ socket }) => isTrusted(socket.remoteAddress ?? '', 0),
    addressOf(request) {
      const addresses = addressesIn(request);
      return addresses && proxyAddress(withAddresses(request, addresses), isTrusted);
    },
  };
}
