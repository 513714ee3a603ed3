// Turns what came of a batch into one verdict. Pure.

import type { PostAnswer } from '../../call/http-call.js';
import { type Answerer, judge, type Verdict } from '../../call/verdict.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import type { Exchange } from './segment-client.js';

/** A batch that was sent. */
export interface SentBatch {
  /** At least one. */
  readonly messageIds: readonly string[];
  /** Answers without anything secret. */
  readonly exchanges: readonly Exchange[];
  readonly answerer: Answerer;
}

/**
 * Which verdict holds when the requests of one batch fare differently: the one that gives up least. What arrived may be sent again: Segment drops an event whose
 * `messageId` it knows.
 */
const PRECEDENCE: readonly Verdict['kind'][] = ['retry', 'unclear', 'split', 'isolate', 'failed', 'delivered'];

/** The verdict on a batch that is not to be sent: one of its events can't be. */
export function notSent(events: number, status: number, message: string): Sent {
  return judged({ kind: events > 1 ? 'isolate' : 'failed', status, message, isOurs: true });
}

function judged(verdict: Verdict, retryAfter?: string): Sent {
  return { kind: 'judged', verdict, retryAfter };
}

const retryAfterOf = (answer: PostAnswer) => (answer.kind === 'answered' ? answer.retryAfter : undefined);

/** Delivered is only what was in a request that was accepted. */
export function outcomeOf({ messageIds, exchanges, answerer }: SentBatch): Sent {
  const isGivenUp = ({ answer }: Exchange) => answer.kind === 'unanswered' && answer.reason === 'aborted';
  if (exchanges.some(isGivenUp)) return { kind: 'aborted' };
  const events = messageIds.length;
  const outcomes = exchanges.map(({ answer }) => ({
    verdict: judge(answer, events, answerer),
    retryAfter: retryAfterOf(answer),
  }));
  const requested = new Set(exchanges.flatMap((exchange) => exchange.messageIds));
  const lost = messageIds.filter((id) => !requested.has(id)).length;
  if (lost > 0) {
    const message = `Segment's SDK put ${lost} of ${events} events into no request to ${answerer.name}`;
    const verdict: Verdict = { kind: events > 1 ? 'isolate' : 'retry', status: 503, message };
    outcomes.push({ verdict, retryAfter: undefined });
  }
  const rank = ({ verdict }: { readonly verdict: Verdict }) => PRECEDENCE.indexOf(verdict.kind);
  const { verdict, retryAfter } = outcomes.reduce((first, next) => (rank(next) < rank(first) ? next : first));
  return judged(verdict, retryAfter);
}
