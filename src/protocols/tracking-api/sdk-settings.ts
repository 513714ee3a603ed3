// The settings document that Segment's SDKs ask for when they start.

import type { Request } from 'express';

/** How the sender reached us, which a proxy that ends TLS says in its header. */
function findProtocol(request: Request): string {
  const [first = ''] = (request.get('X-Forwarded-Proto') ?? '').split(',');
  const protocol = first.trim().toLowerCase();
  return protocol === 'http' || protocol === 'https' ? protocol : request.protocol;
}

/**
 * JSON text of the settings: no destinations but us, at the address by which the SDK asked (Segment's analytics-next, `CDNSettings`). Metrics are off,
 * because the browser SDK would send them to Segment.
 */
export function sdkSettingsText(writeKey: string, request: Request): string {
  const apiHost = `${request.headers.host ?? ''}/v1`;
  return JSON.stringify({
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost, protocol: findProtocol(request) } },
    metrics: { sampleRate: 0 },
  });
}
