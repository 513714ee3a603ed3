// Reads from a request's head what its sender proves itself with.

import type { IncomingHttpHeaders } from 'node:http';

/** The proofs a request brings. None has been checked. */
export interface SenderHeaders {
  /** API key of a partner subscription. */
  readonly apiKey: string | undefined;
  /** What stands where a static secret may stand. */
  readonly secrets: readonly string[];
  /** Of `X-Signature`, as sent. */
  readonly signature: string | undefined;
}

function credentials(headers: IncomingHttpHeaders, scheme: string): string | undefined {
  const [, found, value] = /^([a-z]+) +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  return found?.toLowerCase() === scheme ? value : undefined;
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}

/** Segment sends the API key as a user name without a password, so a colon always ends it (Segment's documentation, "Build a webhook"). */
function apiKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const encoded = credentials(headers, 'basic');
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.endsWith(':') && text.length > 1 ? text.slice(0, -1) : undefined;
}

/**
 * `X-Segment-Settings` of a partner subscription is not read: it holds the subscription's settings other than the API key, and ours are in the
 * workspace's document, where a sender cannot change them.
 */
export function readSenderHeaders(headers: IncomingHttpHeaders): SenderHeaders {
  return {
    apiKey: apiKeyOf(headers),
    secrets: [credentials(headers, 'bearer'), textOf(headers['x-statsig-cdp-secret'])].flatMap((each) => each ?? []),
    signature: textOf(headers['x-signature']),
  };
}
