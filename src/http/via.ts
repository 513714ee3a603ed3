// Recognises requests that have come through an app before: those that it sends on bear its name in `Via` (RFC 9110, section 7.6.3).

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The name of one app in `Via`. */
export interface Via {
  /**
   * The header for a request that is sent on.
   *
   * @param received as it came, where the request is not made here
   */
  header(received?: string): string;
  /** True for what has come through this app. */
  wasHereBefore(headers: IncomingHttpHeaders): boolean;
}

/** Makes a name that no other app has, one in the same process included: one of our kind that stands before another is no loop. */
export function createVia(): Via {
  const name = `statsig-cdp-${randomBytes(8).toString('hex')}`;
  const own = `1.1 ${name}`;
  return {
    header: (received) => (received === undefined || received === '' ? own : `${received}, ${own}`),
    wasHereBefore: ({ via }) => via?.includes(name) === true,
  };
}
