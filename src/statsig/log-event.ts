// What Statsig's log_event request looks like, for events that are JSON text already.

import type { Secret } from '../base/secret.js';
import { SDK_TYPE, VERSION } from '../base/version.js';

const AFTER_EVENTS = `],"statsigMetadata":${JSON.stringify({ sdkType: SDK_TYPE, sdkVersion: VERSION })}}`;

/** JSON text of the body (Statsig's OpenAPI: LogEventRequest). The payloads go in as they are: nothing is parsed or serialised twice. */
export function logEventBody(payloads: readonly string[]): string {
  return `{"events":[${payloads.join(',')}${AFTER_EVENTS}`;
}

/**
 * Headers that describe a log_event body, in the words of Statsig's SDKs.
 *
 * @param key `undefined` in a dry run, which has none
 */
export function logEventHeaders<Key extends string | Secret>(
  key: Key | undefined,
  events: number,
): Record<string, string | Key> {
  return {
    ...(key !== undefined && { 'STATSIG-API-KEY': key }),
    'content-type': 'application/json',
    'statsig-event-count': String(events),
    'statsig-sdk-type': SDK_TYPE,
    'statsig-sdk-version': VERSION,
  };
}
