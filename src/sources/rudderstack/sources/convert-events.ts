// Turns the events of one webhook into the calls that the gateway is to store.

import { toJsonText } from '../../../base/json.js';
import type { Ingested } from '../../../ingest/inbound.js';
import type { ExposureMark, OutboundConverted } from '../../../model/conversion.js';
import { isJsonObject } from '../../../model/segment-event.js';
import type { CallFormat } from '../../../model/track-call.js';
import { convertOutbound } from '../../../transform/outbound/index.js';
import { outboundMessageId, withMessageId } from '../../../transform/outbound/message-id.js';
import type { ExposureWindow } from './exposure-window.js';
import type { OurSource } from './source-claims.js';

/** What the events of one webhook become. */
export interface ConvertedEvents {
  /** JSON texts with their messageIds. */
  readonly calls: readonly string[];
  /** What became of each event, in order. */
  readonly results: readonly Ingested[];
}

/**
 * Converts all events of a webhook; each bad one has its fault among the results.
 *
 * @param receivedAt milliseconds since the epoch
 */
export function convertEvents(
  events: readonly unknown[],
  { outbound, target, windowOf }: OurSource,
  window: ExposureWindow,
  receivedAt: number,
): ConvertedEvents {
  const { workspaceId, exposureWindowMs } = outbound;
  const calls: string[] = [];

  function isRepeated(exposure: ExposureMark, eventId: string, format: CallFormat): boolean {
    if (windowOf === undefined) return false;
    const key = JSON.stringify([workspaceId, target, windowOf.proof, exposure.key, format]);
    const { share } = windowOf;
    return !window.admits({ share, key, value: exposure.value, eventId, windowMs: exposureWindowMs });
  }

  function addCalls({ eventId, calls: all, exposure }: OutboundConverted): Ingested {
    const texts: string[] = [];
    for (const { format, call } of all) {
      const text = toJsonText(call);
      if (text === undefined) return { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' };
      if (exposure !== undefined && isRepeated(exposure, eventId, format)) continue;
      const messageId = outboundMessageId(eventId, workspaceId, target, format);
      texts.push(withMessageId(text, messageId));
    }
    if (texts.length === 0)
      return {
        kind: 'filtered',
        reason: 'exposure_repeated',
        detail: `the last one, within ${exposureWindowMs} ms, said the same`,
      };
    calls.push(...texts);
    return { kind: 'accepted' };
  }

  const results = events.map((event): Ingested => {
    if (!isJsonObject(event)) return { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
    const conversion = convertOutbound(event, outbound, receivedAt);
    return conversion.kind === 'converted' ? addCalls(conversion) : conversion;
  });
  return { calls, results };
}
