// Reads the address of a request.

import type { IncomingMessage } from 'node:http';

/** What a whole URL has before its path; a client may write one (RFC 9112, absolute-form). */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** The path, as it was written. */
export function pathOf({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  const address = url.startsWith('/') ? url : url.replace(ORIGIN, '');
  const end = address.search(/[?#]/);
  return end === -1 ? address : address.slice(0, end);
}

/** The parameters behind the path. */
export function queryOf({ url = '' }: Pick<IncomingMessage, 'url'>): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
}
