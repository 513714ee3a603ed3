// The limits of the Tracking API for one event.

import { toJsonText } from '../../base/json.js';
import type { Invalid } from '../../model/conversion.js';
import type { JsonObject } from '../../model/segment-event.js';
import { findLongMessageId } from '../../transform/size-limits.js';
import { surelyFits } from './size-bound.js';

/**
 * Why an event is over a limit, or `undefined`.
 *
 * @param sharedBytes what its batch adds to it
 * @param maxBytes of JSON
 */
export function findExcess(event: JsonObject, sharedBytes: number, maxBytes: number): Invalid | undefined {
  if (!surelyFits(event, maxBytes - sharedBytes)) {
    const text = toJsonText(event);
    if (text === undefined) return { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' };
    const bytes = Buffer.byteLength(text) + sharedBytes;
    if (bytes > maxBytes)
      return { kind: 'invalid', code: 'EVENT_TOO_LARGE', path: '', detail: `${bytes} bytes, limit ${maxBytes}` };
  }
  return findLongMessageId(event.messageId, 'messageId');
}
