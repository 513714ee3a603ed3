// Words the answer to a list of events that was pushed to us.

import { describeError } from '../base/errors.js';
import type { Ingested } from '../ingest/inbound.js';
import type { Invalid } from '../model/conversion.js';
import type { Notes } from '../model/notes.js';

/** What an element that is no object is called: the row of the error table for events is about RudderStack's batches. */
export type NoEvent = 'BODY_NOT_SEGMENT_EVENTS' | 'BODY_NOT_STATSIG_EVENTS';

/** Why an event is not taken. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/**
 * The code and the line for one event that cannot be sent. Paths of faults start at RudderStack's envelope; here the event is the top.
 *
 * @param noEvent what stands for an element that is no object; without it, that has its own row
 */
export function describeInvalid({ code, path, detail }: Invalid, noEvent?: NoEvent): Rejection {
  if (code === 'ELEMENT_NOT_OBJECT' && noEvent !== undefined)
    return { code: noEvent, message: describeError(noEvent, undefined, 'not an object') };
  return { code, message: describeError(code, path.replace(/^message\.?/, ''), detail) };
}

/**
 * `{success, accepted, duplicates, filtered, rejected: [{index, code, message}]}`, the index being that of the event in the list, and `timeReplaced`, the indexes of events that are dated by when they were
 * received because they say in no usable way when they happened, where there are any. It is a success even where events were rejected: a 4xx would
 * make senders drop the whole list, or send the good ones again.
 *
 * @param describe why a result is a rejection; `undefined` for one that is none
 */
export function summariseResults<Result extends { readonly kind: string; readonly notes?: Notes }>(
  results: readonly Result[],
  describe: (result: Result) => Rejection | undefined,
): object {
  const count = (kind: string) => results.filter((result) => result.kind === kind).length;
  const timeReplaced = results.flatMap(({ notes = [] }, index) => (notes.includes('time_replaced') ? index : []));
  return {
    success: true,
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    filtered: count('filtered'),
    rejected: results.flatMap((result, index) => {
      const rejection = describe(result);
      return rejection === undefined ? [] : { index, ...rejection };
    }),
    ...(timeReplaced.length > 0 && { timeReplaced }),
  };
}

/** The same of events that were pushed by a webhook. */
export function summarisePush(results: readonly Ingested[], noEvent: NoEvent): object {
  return summariseResults(results, (result) =>
    result.kind === 'invalid' ? describeInvalid(result, noEvent) : undefined,
  );
}
