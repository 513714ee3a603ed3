// What becomes of an event in a function, and how Segment is told.

import type { HttpResponse } from '../call/http-call.js';
import type { Verdict } from '../call/verdict.js';
import { describeInvalid } from '../convert/describe-invalid.js';
import type { Filtered, Invalid } from '../model/conversion.js';
import type { NotBegun } from './call.js';

/** What became of one event. `done`: Statsig has it, or it is filtered. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry' | 'unsupported' | 'invalid' | 'refused'; readonly message: string };

export const DONE: Outcome = { kind: 'done' };

/** As much of a message as Segment shows. */
const MAX_MESSAGE = 500;

export function outcome(kind: Exclude<Outcome['kind'], 'done'>, message: string): Outcome {
  return { kind, message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message };
}

/** What Segment tries again for four hours; it keeps no dead letters, so that a wrong key, too, gets that time to be corrected. */
const FIXABLE: ReadonlySet<number> = new Set([401, 403, 404]);

/** No connection was made, so that nothing can have been taken. */
const NEVER_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/;

/** Whether what was sent may have been taken although no yes came. */
function mayBeTaken(answer: HttpResponse): boolean {
  if (answer.kind === 'unanswered') return !NEVER_SENT.test(answer.message);
  // A whole answer that says no is a no.
  return answer.status >= 200 && answer.status < 300 && answer.rest !== 'none';
}

/** How what may have been taken is treated: `retry` may count it twice, `drop` may lose it. */
export type WhenUnclear = 'retry' | 'drop';

export const NOT_BEGUN: Outcome = outcome('retry', 'The function had no time left for the request: nothing was sent.');

/**
 * What an answer means for the events of a request.
 *
 * @param judge of the target
 * @param whenUnclear `retry` where sending again does no harm
 */
export function outcomeOf(
  answer: HttpResponse | NotBegun,
  judge: (answer: HttpResponse) => Verdict,
  whenUnclear: WhenUnclear,
): Outcome {
  if (answer.kind === 'not begun') return NOT_BEGUN;
  const { kind, status, message } = judge(answer);
  if (kind === 'delivered') return DONE;
  if (kind === 'unclear') return outcome('refused', `${message} It may have been taken, and is not sent again.`);
  if (kind === 'retry') {
    if (whenUnclear === 'drop' && mayBeTaken(answer))
      return outcome('refused', `${message} It may have been taken, and is not sent again.`);
    return outcome('retry', message);
  }
  return outcome(FIXABLE.has(status) ? 'retry' : 'refused', message);
}

/** Of an event of which nothing is sent. */
export function outcomeOfUnsent(unsent: Filtered | Invalid): Outcome {
  if (unsent.kind === 'invalid') return outcome('invalid', describeInvalid(unsent));
  if (unsent.reason === 'unsupported_type')
    return outcome('unsupported', `Statsig has nothing for events of this type: ${unsent.detail}`);
  return DONE;
}

/** What an `onBatch` returns of one event. Segment sends those again that have a 5xx. */
export interface BatchStatus {
  readonly status: number;
  readonly errormessage?: string;
}

export function statusOf(came: Outcome): BatchStatus {
  if (came.kind === 'done') return { status: 200 };
  return { status: came.kind === 'retry' ? 500 : 400, errormessage: came.message };
}

/** Ends an invocation that was for one event. @throws the class of Segment's that says the same */
export function throwUnlessDone(came: Outcome): void {
  switch (came.kind) {
    case 'done':
      return;
    case 'retry':
      throw new RetryError(came.message);
    case 'unsupported':
      throw new EventNotSupported(came.message);
    case 'invalid':
      throw new InvalidEventPayload(came.message);
    case 'refused':
      throw new ValidationError(came.message);
  }
}
