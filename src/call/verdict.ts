// Reads a target's answer: delivered, try again, split, or give up. One pure function.

import { ownText } from '../base/own-text.js';
import type { HttpResponse } from './http-call.js';
import { readSaid, type Said } from './said.js';

/** What an answer means for the events of the request. */
export interface Verdict {
  /** `unclear`: a 2xx that says neither yes nor no. `split`: the request is too large. `isolate`: one of several events is to blame. */
  readonly kind: 'delivered' | 'retry' | 'unclear' | 'split' | 'isolate' | 'failed';
  /** HTTP status that says so: Statsig's own, or the one that stands for no answer. */
  readonly status: number;
  /** For people; holds nothing secret. */
  readonly message: string;
  /** Told before anything was sent: no target has said so. */
  readonly isOurs?: true;
}

/** Why a request was not delivered, in words that are few. */
export type RefusalReason =
  | 'rejected'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'throttled'
  | 'timeout'
  | 'unavailable'
  | 'unconfirmed';

const REASONS: ReadonlyMap<number, RefusalReason> = new Map([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [408, 'timeout'],
  [413, 'too_large'],
  [429, 'throttled'],
  [504, 'timeout'],
]);

/** The reason by the status, for metrics and dead letters: a wrong key needs another hand than a bad event. */
export function refusalReason({ kind, status }: Pick<Verdict, 'kind' | 'status'>): RefusalReason {
  if (kind === 'unclear') return 'unconfirmed';
  return REASONS.get(status) ?? (status < 500 ? 'rejected' : 'unavailable');
}

/** Who answers, and what its yes looks like. */
export interface ResponseReader {
  /** For people. */
  readonly name: string;
  /**
   * What the body of a 2xx says of the events. `unclear` is neither: the events may have been taken, and would come twice if they were sent until a yes comes. Where sending again does no
   * harm, what is no yes is a `no`.
   */
  read(said: Said): 'yes' | 'no' | 'unclear';
}

/** As much of an answer as people are shown. */
const SHOWN_CHARACTERS = 4096;

const NO_ANSWER = ' did not answer: ';

/** Whether the message of a verdict tells that no one answered: its status stands for that, and no one sent it. */
export function isNoAnswer(message: string): boolean {
  return message.includes(NO_ANSWER);
}

/**
 * 2xx accepts where the responseReader's own words say so; 408, 429, 5xx and no answer can be tried again; 413 is too large; other 4xx cannot be
 * fixed by trying again (Statsig's OpenAPI and SDKs; Segment's HTTP Tracking API). A redirect is a wrong host, which an operator can fix while the
 * events wait.
 *
 * @param events events in the request
 */
export function judge(answer: HttpResponse, events: number, { name, read }: ResponseReader): Verdict {
  if (answer.kind === 'unanswered') {
    return {
      kind: 'retry',
      status: answer.reason === 'timeout' ? 504 : 503,
      message: `${name}${NO_ANSWER}${answer.message}`,
    };
  }
  const { status, rest, retryAfter } = answer;
  const body = ownText(answer.body, SHOWN_CHARACTERS);
  if (status >= 200 && status < 300) {
    const word = read(readSaid(answer));
    if (word === 'yes') return { kind: 'delivered', status, message: body };
    if (rest === 'lost' || rest === 'late')
      return { kind: 'retry', status: 503, message: `${name} answered ${status}, and the answer broke off: ${body}` };
    if (word === 'no')
      return { kind: 'retry', status: 502, message: `${name} answered ${status} without accepting: ${body}` };
    const message = `${name} answered ${status} with what is neither a yes nor a no: ${body}`;
    return { kind: 'unclear', status: 502, message };
  }
  const message = `${name} answered ${status}: ${body}`;
  if (status < 400)
    return { kind: 'retry', status: 502, message: `${name} answered ${status}, a redirect, which is not followed` };
  if (status === 408 || status === 429 || status >= 500) {
    return {
      kind: 'retry',
      status,
      message: retryAfter === undefined ? message : `${message} (Retry-After: ${retryAfter})`,
    };
  }
  if (status === 413 && events > 1) return { kind: 'split', status, message };
  if (status === 400 && events > 1) return { kind: 'isolate', status, message };
  return { kind: 'failed', status, message };
}
