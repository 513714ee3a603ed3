// The settings document that Segment's SDKs ask for when they start.

import type { IncomingMessage } from 'node:http';
import { declaredPathsOf } from '../../settings/declared-route.js';

/** Where the SDK is to send its events. */
interface Address {
  readonly protocol: 'http' | 'https';
  readonly host: string;
}

/** How an IPv4 address looks on a socket that also takes IPv6. */
const MAPPED_IPV4 = /^::ffff:(?=[\d.]+$)/i;

/** The SDK puts the first letter of an event's type behind it. */
const BASE_PATH = (declaredPathsOf('trackingApi', 'track').find((path) => path.endsWith('/t')) ?? '').slice(0, -2);

/** The end of the connection that is ours: what a header says may be anybody's word. */
function ofConnection({ socket }: IncomingMessage): Address {
  const address = (socket.localAddress ?? '').replace(MAPPED_IPV4, '');
  return { protocol: 'http', host: `${address.includes(':') ? `[${address}]` : address}:${socket.localPort}` };
}

/** The address by which the SDK asked, in the words of a proxy that sets or checks both headers. */
function ofHeaders({ headers }: IncomingMessage): Address {
  const forwarded = headers['x-forwarded-proto'];
  const [first = ''] = (typeof forwarded === 'string' ? forwarded : '').split(',');
  return { protocol: first.trim().toLowerCase() === 'https' ? 'https' : 'http', host: headers.host ?? '' };
}

/**
 * JSON text of the settings: no destinations but us (Segment's analytics-next, `CDNSettings`). Metrics are off, because the browser SDK would send them to
 * Segment.
 *
 * @param trustProxy whether the headers of the request say where we are; else the connection does
 */
export function sdkSettingsText(writeKey: string, request: IncomingMessage, trustProxy: boolean): string {
  const { protocol, host } = trustProxy ? ofHeaders(request) : ofConnection(request);
  return JSON.stringify({
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost: `${host}${BASE_PATH}`, protocol } },
    metrics: { sampleRate: 0 },
  });
}
