// Fills in the IP address of an event that a user's own device sent.

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

/** The event with `context.ip`, where it came from a user's device and says nothing of an IP address itself. */
export function withClientIp(event: SegmentEvent, address: string | undefined): SegmentEvent {
  const { context } = event;
  if (address === undefined || !isJsonObject(context) || Object.hasOwn(context, 'ip')) return event;
  if (!isJsonObject(context.library) || !DEVICE_LIBRARIES.has(context.library.name)) return event;
  return { ...event, context: Object.assign({ ip: address }, context) };
}
