// Reads from a request's head what its sender proves itself with.

import type { IncomingHttpHeaders } from 'node:http';

/** The proofs a request brings. None has been checked. */
export interface SenderHeaders {
  /** API key of a partner subscription, or Statsig's own header, which its documentation had Segment's webhooks send before there was a destination. */
  readonly apiKey: string | undefined;
  /** The API key stands where partner subscriptions have it. */
  readonly isPartner: boolean;
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

/** What is wrong with the form of the proofs, as far as the request alone tells it; empty where a proof could be right. */
export function describeForm(headers: IncomingHttpHeaders): string {
  const { apiKey, secrets, signature } = readSenderHeaders(headers);
  if (apiKey !== undefined || secrets.length > 0 || signature !== undefined) return '';
  if (headers.authorization === undefined)
    return 'there is no `Authorization`, `X-Statsig-Cdp-Secret` or `X-Signature`';
  if (/^basic +\S/i.test(headers.authorization))
    return '`Authorization: Basic` is not the base64 of `KEY:`, with nothing behind the colon';
  return '`Authorization` is neither `Bearer SECRET` nor `Basic` with the base64 of `KEY:`';
}

/**
 * `X-Segment-Settings` of a partner subscription is not read: it holds the subscription's settings other than the API key, and ours are in the
 * workspace's document, where a sender cannot change them.
 */
export function readSenderHeaders(headers: IncomingHttpHeaders): SenderHeaders {
  const ofPartner = apiKeyOf(headers);
  return {
    apiKey: ofPartner ?? textOf(headers['statsig-api-key']),
    isPartner: ofPartner !== undefined,
    secrets: [credentials(headers, 'bearer'), textOf(headers['x-statsig-cdp-secret'])].flatMap((each) => each ?? []),
    signature: textOf(headers['x-signature']),
  };
}
