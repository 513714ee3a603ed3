// Whether a request that a browser makes by its cookie comes from our own page.

import type { IncomingMessage } from 'node:http';

function hostIn(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Browsers write `Sec-Fetch-Site` where the page is loaded in a secure way, and `Origin` with every POST; no page can write either. */
function siteOf({ headers }: IncomingMessage): string | undefined {
  const site = headers['sec-fetch-site'];
  return typeof site === 'string' ? site : undefined;
}

/** True for a deed that is proven to come from a page of this process: where nothing is said of it, it is not. */
export function isOwnDeed(request: IncomingMessage): boolean {
  const { origin, host, 'content-type': type = '' } = request.headers;
  // A form of another site can send everything but this.
  if (!/^application\/json\s*(?:;|$)/i.test(type)) return false;
  const site = siteOf(request);
  if (site !== undefined) return site === 'same-origin';
  return host !== undefined && hostIn(origin) === host.toLowerCase();
}

/** False for what another page asks for: one at another port of this machine is of the same site, so that its requests bear our cookie. */
export function isOwnRead(request: IncomingMessage): boolean {
  const site = siteOf(request);
  return site === undefined || site === 'same-origin' || site === 'none';
}

/** True for a sign-in that no page of another site makes. What is no browser says nothing of where it comes from. */
export function isOwnSignIn(request: IncomingMessage): boolean {
  const isOfBrowser = siteOf(request) !== undefined || request.headers.origin !== undefined;
  return !isOfBrowser || isOwnDeed(request);
}
