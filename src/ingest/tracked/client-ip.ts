// Notes the IP address of the sender in an event that a user's own device sent.

import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';

/** `context.library.name`, in small letters, of Segment's SDKs that run on a user's device. A server's address says nothing of the user. */
const DEVICE_LIBRARIES: ReadonlySet<string> = new Set([
  'analytics.js',
  'analytics-ios',
  'analytics-android',
  'analytics-swift',
  'analytics-kotlin',
  'analytics-csharp',
  'analytics-react-native',
  '@segment/analytics-react-native',
  'analytics_flutter',
]);

/** `channel`, by which RudderStack's SDKs tell it. */
const DEVICE_CHANNELS: ReadonlySet<string> = new Set(['web', 'mobile']);

/** An SDK says `direct` where it knows that it runs on the device (Segment's Analytics-CSharp and HTTP API). */
function isFromDevice({ channel }: SegmentEvent, { direct, library }: JsonObject): boolean {
  if (direct === true || (typeof channel === 'string' && DEVICE_CHANNELS.has(channel.toLowerCase()))) return true;
  const name = isJsonObject(library) ? library.name : undefined;
  return typeof name === 'string' && DEVICE_LIBRARIES.has(name.toLowerCase());
}

/** The event with `request_ip`, where it came from a user's device and says nothing of an IP address itself. */
export function withClientIp(event: SegmentEvent, address: string | undefined): SegmentEvent {
  const { context } = event;
  if (address === undefined || !isJsonObject(context) || Object.hasOwn(context, 'ip')) return event;
  return isFromDevice(event, context) ? Object.assign({ request_ip: address }, event) : event;
}
