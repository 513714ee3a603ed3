// The address of the stock transformer: checks it once and joins request paths to it.

import { ProcessSettingsError } from '../../settings/process.js';

/** A checked upstream address. */
export interface UpstreamUrl {
  /** `http:` or `https:`. */
  readonly protocol: string;
  /** Host name or address to connect to; an IPv6 address without brackets. */
  readonly hostname: string;
  /** Port to connect to; empty for the default port of the protocol. */
  readonly port: string;
  /** Host and port as they belong into a Host header. */
  readonly authority: string;
  /** Joins the target of a request (path and query, as received) to the base path. */
  readonly path: (target: string) => string;
  /** The full URL of a path, for `fetch`. */
  readonly href: (path: string) => string;
}

/**
 * Reads the configured address of the stock transformer. It may have a base path, and slashes at its end do not count.
 *
 * Throws a ProcessSettingsError for anything that is not an http(s) URL, or that holds credentials, a query or a fragment. The message
 * does not repeat the text, because it may hold a password.
 */
export function readUpstreamUrl(text: string): UpstreamUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ProcessSettingsError('UPSTREAM_TRANSFORMER_URL must be an http:// or https:// URL.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ProcessSettingsError('UPSTREAM_TRANSFORMER_URL must not hold credentials, a query or a fragment.');
  }
  const base = url.pathname.replace(/(?<!\/)\/+$/, '');
  return {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    authority: url.host,
    path: (target) => base + target,
    href: (path) => url.origin + base + path,
  };
}
