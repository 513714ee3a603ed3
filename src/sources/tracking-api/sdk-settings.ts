// The settings document that Segment's SDKs ask for when they start.

import type { IncomingMessage } from 'node:http';
import { declaredPathsOf } from '../../settings/declared-route.js';
import { findPublicAddress } from './public-address.js';

/** The SDK puts the first letter of an event's type behind it. */
const BASE_PATH = (declaredPathsOf('trackingApi', 'track').find((path) => path.endsWith('/t')) ?? '').slice(0, -2);

/**
 * JSON text of the settings: no destinations but us (Segment's analytics-next, `CDNSettings`). Metrics are off, because the browser SDK would send them to
 * Segment.
 *
 * @param isTrusted whether the headers of the request say where we are; else the connection does
 */
export function sdkSettingsText(writeKey: string, request: IncomingMessage, isTrusted: boolean): string {
  const { protocol, host, prefix } = findPublicAddress(request, isTrusted);
  return JSON.stringify({
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost: `${host}${prefix}${BASE_PATH}`, protocol } },
    metrics: { sampleRate: 0 },
  });
}
