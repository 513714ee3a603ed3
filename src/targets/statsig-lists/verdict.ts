// What an answer of the Console API means for the changes of a part.

import { judge, type Verdict } from '../../call/verdict.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import type { ConsoleCall } from '../../statsig/console-api.js';
import { consoleReader } from '../../statsig/console-response.js';
import { sentOf } from '../stated-target.js';
import type { ConsoleResponse } from './console-client.js';

export const NOT_FOUND = 404;

/** Another change of the list is under way, or one of its name is there (Statsig's documentation, Console API). */
export const CONFLICT = 409;

/** Statuses that a dispatcher would blame on the changes: it would take the part apart, and ask once for each. */
const BLAMES_CHANGES: ReadonlySet<number> = new Set([400, 413, 422]);

export function judged(kind: Verdict['kind'], status: number, message: string): Sent {
  return { kind: 'judged', verdict: { kind, status, message }, retryAfter: undefined };
}

/** What came of a call that changes a list. @param events deliveries in the part */
export function sentToConsole(answer: ConsoleResponse, { method }: ConsoleCall, events: number): Sent {
  if (answer.kind === 'later') return answer;
  return sentOf(answer, (said) => judge(said, events, consoleReader(method)));
}

/** The same of one that changes ids: it waits for the other change of the list. */
export function sentToList(answer: ConsoleResponse, call: ConsoleCall, events: number): Sent {
  const sent = sentToConsole(answer, call, events);
  return failedWith(sent, CONFLICT) ? { ...sent, verdict: { ...sent.verdict, kind: 'retry' } } : sent;
}

/** The same of one that looks at a list or makes it: what fails is not the fault of the changes. */
export function blameList(sent: Sent): Sent {
  if (sent.kind !== 'judged' || sent.verdict.kind !== 'failed' || !BLAMES_CHANGES.has(sent.verdict.status)) return sent;
  return { ...sent, verdict: { ...sent.verdict, status: CONFLICT } };
}

function failedWith(sent: Sent, status: number): sent is Extract<Sent, { kind: 'judged' }> {
  return sent.kind === 'judged' && sent.verdict.kind === 'failed' && sent.verdict.status === status;
}

/** True when the call was accepted. */
export function isAccepted(sent: Sent): boolean {
  return sent.kind === 'judged' && sent.verdict.kind === 'delivered';
}

/** True when there is no such list. */
export function isGone(sent: Sent): boolean {
  return failedWith(sent, NOT_FOUND);
}
