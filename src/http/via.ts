// Recognises requests that have come through this process before: those that it sends on bear its name in `Via` (RFC 9110, section 7.6.3).

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A name that no other process has: one of our kind that stands before another is no loop. */
const NAME = `statsig-cdp-${randomBytes(8).toString('hex')}`;
const OWN = `1.1 ${NAME}`;

/**
 * The header for a request that is sent on.
 *
 * @param received as it came, where the request is not made here
 */
export function viaHeader(received?: string): string {
  return received === undefined || received === '' ? OWN : `${received}, ${OWN}`;
}

/** True for what has come through this process. */
export function wasHereBefore({ via }: IncomingHttpHeaders): boolean {
  return via?.includes(NAME) === true;
}
