// The limits of the Tracking API for one event.

import { toJsonText } from '../../base/json.js';
import type { Invalid } from '../../model/conversion.js';
import type { JsonObject } from '../../model/segment-event.js';
import { findLongMessageId } from '../../transform/size-limits.js';
import { surelyFits } from './size-bound.js';

/** Text of so many bytes has too few levels for them not to be written. */
const SURELY_SHALLOW_BYTES = 7_000;

/** How many times its bytes as it was sent an event can have when it is written again: `1e20` becomes 21 digits. */
const MOST_GROWTH = 6;

/**
 * Why an event is over a limit, or `undefined`.
 *
 * @param sharedBytes what its batch adds to it
 * @param maxBytes of JSON
 * @param bytesAsSent of its JSON text, where they are known
 */
export function findExcess(
  event: JsonObject,
  sharedBytes: number,
  maxBytes: number,
  bytesAsSent = Number.POSITIVE_INFINITY,
): Invalid | undefined {
  const room = maxBytes - sharedBytes;
  const isShort = bytesAsSent <= SURELY_SHALLOW_BYTES && bytesAsSent * MOST_GROWTH <= room;
  if (!isShort && !surelyFits(event, room)) {
    const text = toJsonText(event);
    if (text === undefined) return { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' };
    const bytes = Buffer.byteLength(text) + sharedBytes;
    if (bytes > maxBytes)
      return { kind: 'invalid', code: 'EVENT_TOO_LARGE', path: '', detail: `${bytes} bytes, limit ${maxBytes}` };
  }
  return findLongMessageId(event.messageId, 'messageId');
}
