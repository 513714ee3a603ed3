// A target that states the requests that it makes, so that sending, dry runs and testers have them from one place.

import type { HttpResponse } from '../call/http-call.js';
import type { HttpRequest } from '../call/http-request.js';
import type { Verdict } from '../call/verdict.js';
import type { DeliveryTarget, Part, Sent } from '../dispatch/delivery-target.js';

/** One request for deliveries of a part. */
export interface StatedRequest extends HttpRequest {
  /** How many deliveries it is for. */
  readonly events: number;
}

/** What a target makes of a part: requests, or what there is to say without one. */
export type Stated = readonly StatedRequest[] | Sent;

/** A target, and what it would send. */
export interface StatedTarget extends DeliveryTarget {
  /** What has to be done here before anything is sent or shown. @returns what ends this try, if anything does */
  before?(part: Part): Promise<Sent | undefined>;
  /** The requests for a part, as far as they can be told without asking the target anything. Sends nothing. */
  requests(part: Part): Stated | Promise<Stated>;
}

/** The verdict on a part that no request can be made of: it was damaged here. */
export function unsendable(message: string): Sent {
  return { kind: 'judged', verdict: { kind: 'failed', status: 400, message, isOurs: true }, retryAfter: undefined };
}

/** What came of sending, from what was answered. @param judge not asked where the call was given up */
export function sentOf(answer: HttpResponse, judge: (answer: HttpResponse) => Verdict): Sent {
  if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
  const retryAfter = answer.kind === 'answered' ? answer.retryAfter : undefined;
  return { kind: 'judged', verdict: judge(answer), retryAfter };
}
