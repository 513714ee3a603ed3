// Words the answer to a list of events that a CDP or Statsig pushed to us.

import { describeError } from '../base/errors.js';
import type { Ingested } from '../ingest/inbound.js';
import type { Invalid } from '../model/conversion.js';

/** What an element that is no object is called: the row of the error table for events is about RudderStack's batches. */
export type NoEvent = 'BODY_NOT_SEGMENT_EVENTS' | 'BODY_NOT_STATSIG_EVENTS';

/** The code and the line for one event that can't be sent. Paths of faults start at RudderStack's envelope; here the event is the top. */
export function describeInvalid(
  { code, path, detail }: Invalid,
  noEvent: NoEvent,
): { readonly code: string; readonly message: string } {
  if (code === 'ELEMENT_NOT_OBJECT')
    return { code: noEvent, message: describeError(noEvent, undefined, 'not an object') };
  return { code, message: describeError(code, path.replace(/^message\.?/, ''), detail) };
}

/** `{success, accepted, duplicates, filtered, rejected: [{index, code, message}]}`, the index being that of the event in the list. */
export function summariseResults(results: readonly Ingested[], noEvent: NoEvent): object {
  const count = (kind: Ingested['kind']) => results.filter((result) => result.kind === kind).length;
  return {
    success: true,
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    filtered: count('filtered'),
    rejected: results.flatMap((result, index) =>
      result.kind === 'invalid' ? { index, ...describeInvalid(result, noEvent) } : [],
    ),
  };
}
