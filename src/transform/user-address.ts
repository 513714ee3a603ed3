// Finds the IP address of an event's user.

import type { Trace } from '../base/trace.js';
import { isUnspecified, toPublicAddress } from '../model/address.js';
import type { JsonObject, SegmentEvent } from '../model/segment-event.js';
import { toText } from './scalars.js';

/** `channel` of events that a server or a warehouse sent, whose address is not the user's (RudderStack's SDKs). */
const SERVER_CHANNELS: ReadonlySet<unknown> = new Set(['server', 'sources']);

function isFromServer({ channel }: SegmentEvent, context: JsonObject): boolean {
  return context.direct !== true && typeof channel === 'string' && SERVER_CHANNELS.has(channel.toLowerCase());
}

/**
 * The address that the event names, else the one its request came from: `request_ip`, which rudder-server writes into every event (rudder-server, rules of
 * `context_ip`) and we into those of devices. Only a public one is the user's. Of an event that hides it, with `0.0.0.0`, there is none.
 *
 * @param context of the event
 */
export function findUserAddress(event: SegmentEvent, context: JsonObject, trace?: Trace): string | undefined {
  const named = toText(context.ip);
  if (named !== undefined) {
    const address = toPublicAddress(named);
    if (address !== undefined) {
      trace?.add('user', `ip = ${address}`, 'context.ip');
      trace?.origin(['user', 'ip'], 'context.ip', [['context', 'ip']]);
      return address;
    }
    const isHidden = isUnspecified(named);
    trace?.add('user', 'context.ip ignored', isHidden ? 'the address is hidden' : 'no address of the internet');
    if (isHidden) return undefined;
  }
  const asked = toText(event.request_ip);
  if (asked === undefined) return undefined;
  if (isFromServer(event, context)) {
    trace?.add('user', 'request_ip ignored', `channel ${event.channel}: it is the address of a server`);
    return undefined;
  }
  const address = toPublicAddress(asked);
  if (address === undefined) trace?.add('user', 'request_ip ignored', 'no address of the internet');
  else {
    trace?.add('user', `ip = ${address}`, 'request_ip');
    trace?.origin(['user', 'ip'], 'request_ip', [['request_ip']]);
  }
  return address;
}
