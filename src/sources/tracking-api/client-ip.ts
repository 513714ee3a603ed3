// Fills in the IP address of an event that a user's own device sent.

import type { IncomingMessage } from 'node:http';
import { isJsonObject, type SegmentEvent } from '../../model/segment-event.js';

/** `context.library.name` of the SDKs that run on a user's device. A server's address says nothing of the user. */
const DEVICE_LIBRARIES: ReadonlySet<unknown> = new Set([
  'analytics.js',
  'analytics-ios',
  'analytics-android',
  'analytics-swift',
  'analytics-kotlin',
  'analytics-react-native',
  '@segment/analytics-react-native',
  'analytics_flutter',
]);

/** How an IPv4 address looks on a socket that also takes IPv6. */
const MAPPED_IPV4 = /^::ffff:(?=[\d.]+$)/i;

/**
 * The address of the machine that sent the request. Where a proxy stands between, its word for the address is not taken, because any sender can write
 * that header, and its own address is no one's: then there is none.
 */
export function findClientAddress(request: IncomingMessage): string | undefined {
  if (request.headers['x-forwarded-for'] !== undefined) return undefined;
  return request.socket.remoteAddress?.replace(MAPPED_IPV4, '');
}

/** The event with `context.ip`, where it came from a user's device and says nothing of an IP address itself. */
export function withClientIp(event: SegmentEvent, address: string | undefined): SegmentEvent {
  const { context } = event;
  if (address === undefined || !isJsonObject(context) || Object.hasOwn(context, 'ip')) return event;
  if (!isJsonObject(context.library) || !DEVICE_LIBRARIES.has(context.library.name)) return event;
  return { ...event, context: { ...context, ip: address } };
}
