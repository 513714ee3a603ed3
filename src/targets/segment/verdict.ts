// What became of each call of a batch, and what a CDP's answer means for it. Pure.

import { deniesSuccess } from '../../call/said.js';
import { judge, type ResponseReader, type Verdict } from '../../call/verdict.js';
import type { Part, Sent } from '../../dispatch/delivery-target.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { Delivery } from '../../outbox/outbox.js';
import type { CallOutcome } from './client.js';

const OK = /^"?ok"?$/i;

/**
 * Segment says `{"success":true}`, a RudderStack data plane `OK`, and what is built after them `{"ok":true}` or `{"status":"ok"}`. RudderStack drops what comes twice only where that is
 * switched on, so that other words are not taken for a no.
 */
export const readCdpResponse: ResponseReader['read'] = (said) => {
  if (said.kind === 'nothing') return 'yes';
  if (said.kind === 'page') return 'no';
  if (said.kind === 'text') return OK.test(said.text) ? 'yes' : 'unclear';
  const { value } = said;
  if (deniesSuccess(value)) return 'no';
  if (typeof value === 'string') return OK.test(value) ? 'yes' : 'unclear';
  if (!isJsonObject(value)) return 'unclear';
  const { success, ok, status } = value;
  return success === true || ok === true || (typeof status === 'string' && OK.test(status)) ? 'yes' : 'unclear';
};

/** Which verdict holds for all that was not accepted, when it fared differently: the one that gives up least. */
const PRECEDENCE: readonly Verdict['kind'][] = ['retry', 'unclear', 'split', 'isolate', 'failed', 'delivered'];

const ABORTED: Sent = { kind: 'aborted' };

/** What fared alike. */
interface Group {
  readonly part: Part;
  readonly verdict: Verdict;
  readonly retryAfter: string | undefined;
}

function judgeGroup(outcome: CallOutcome, part: Part, responseReader: ResponseReader): Group {
  if (outcome.kind === 'not sent') {
    const { status, message } = outcome;
    return { part, verdict: { kind: 'failed', status, message, isOurs: true }, retryAfter: undefined };
  }
  const retryAfter = outcome.kind === 'answered' ? outcome.retryAfter : undefined;
  return { part, verdict: judge(outcome, part.length, responseReader), retryAfter };
}

/**
 * Delivered is only what was in a request that was accepted; that is not sent again, whatever became of the rest.
 *
 * @param outcomes of the part's deliveries, in their order; at least one
 */
export function outcomeOf(part: Part, outcomes: readonly CallOutcome[], responseReader: ResponseReader): Sent {
  const alike = new Map<CallOutcome, Delivery[]>();
  for (const [index, delivery] of part.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || (outcome.kind === 'unanswered' && outcome.reason === 'aborted')) return ABORTED;
    const group = alike.get(outcome);
    if (group === undefined) alike.set(outcome, [delivery]);
    else group.push(delivery);
  }
  const groups = [...alike].map(([outcome, deliveries]) => judgeGroup(outcome, deliveries, responseReader));
  const rank = ({ verdict }: Group) => PRECEDENCE.indexOf(verdict.kind);
  const { verdict, retryAfter } = groups.reduce((first, next) => (rank(next) < rank(first) ? next : first));
  const [accepted, ...others] = groups.filter((group) => group.verdict.kind === 'delivered');
  if (accepted === undefined || verdict.kind === 'delivered') return { kind: 'judged', verdict, retryAfter };
  const taken = [accepted, ...others].flatMap((group) => group.part);
  return { kind: 'judged', verdict, retryAfter, accepted: { part: taken, verdict: accepted.verdict } };
}
