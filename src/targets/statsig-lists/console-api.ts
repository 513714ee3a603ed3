// Calls Statsig's Console API, within the limit of the key.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type PostAnswer, post } from '../../call/http-call.js';
import { redactAnswer } from '../../call/redaction.js';
import { judge } from '../../call/verdict.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import { consoleAnswerer } from '../../statsig/console-answerer.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { createRateBudget, endOfBlock, type RateBudget } from './rate-budget.js';

/** The version of the Console API that the calls are written for. */
const API_VERSION = '20240601';

/** Budgets that are kept. One that is forgotten while its key is in use would begin anew. */
const MAX_BUDGETS = 1_000;

/** One call. */
export interface ConsoleCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Within `/console/v1/segments`. */
  readonly path: string;
  readonly body?: string;
}

/** What came of a call. `later`: nothing was sent, the limit is used up until `at`. */
export type ConsoleAnswer = PostAnswer | { readonly kind: 'later'; readonly at: number };

/** The Console API with one key. */
export interface Console {
  /** Tells this key and URL from others without telling the key. */
  readonly id: string;
  /** Milliseconds since the epoch before which the limit lets nothing through. */
  readyAt(): number;
  /** Never throws. */
  call(call: ConsoleCall, signal?: AbortSignal): Promise<ConsoleAnswer>;
}

/** Settings of all calls. */
export interface ConsoleOptions {
  /** Milliseconds for one call, the answer included. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The address of a call. */
export function consoleUrlOf({ consoleUrl }: CompiledAudiences, { path }: ConsoleCall): string {
  return `${consoleUrl}/console/v1/segments${path}`;
}

/** Headers beside the key. */
export function consoleHeaders({ body }: ConsoleCall): Record<string, string> {
  return {
    'statsig-api-version': API_VERSION,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
}

/** The Console API as a workspace sees it; `undefined` without a key. Everybody with the same key and URL shares its limit. */
export function createConsoles({
  timeoutMs,
  now,
}: ConsoleOptions): (audiences: CompiledAudiences) => Console | undefined {
  const budgets = new LRUCache<string, RateBudget>({ max: MAX_BUDGETS });

  function budgetOf(id: string): RateBudget {
    let budget = budgets.get(id);
    if (budget === undefined) {
      budget = createRateBudget(now);
      budgets.set(id, budget);
    }
    return budget;
  }

  /** Each lane asks for it before each request. */
  const consoles = new WeakMap<CompiledAudiences, Console | undefined>();

  function make(audiences: CompiledAudiences): Console | undefined {
    const { consoleKey, consoleUrl } = audiences;
    if (consoleKey === undefined) return undefined;
    const key = consoleKey.reveal();
    const id = createHash('sha256')
      .update(JSON.stringify([key, consoleUrl]))
      .digest('base64');
    const budget = budgetOf(id);
    return {
      id,
      readyAt: () => budget.readyAt(),
      async call(call, signal) {
        const over = budget.take();
        if (over === undefined) return { kind: 'later', at: budget.readyAt() };
        const answer = await post({
          method: call.method,
          url: consoleUrlOf(audiences, call),
          headers: new Headers({ ...consoleHeaders(call), 'statsig-api-key': key }),
          ...(call.body !== undefined && { body: call.body }),
          timeoutMs,
          ...(signal !== undefined && { signal }),
        }).finally(over);
        if (answer.kind === 'answered' && answer.status === 429)
          budget.blockUntil(endOfBlock(answer.retryAfter, now()));
        return redactAnswer(answer, [key]);
      },
    };
  }

  return (audiences) => {
    if (!consoles.has(audiences)) consoles.set(audiences, make(audiences));
    return consoles.get(audiences);
  };
}

/** What the answer to a call means for the changes of a part. @param events deliveries in the part */
export function sentOf(answer: ConsoleAnswer, call: ConsoleCall, events: number): Sent {
  if (answer.kind === 'later') return answer;
  if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
  const retryAfter = answer.kind === 'answered' ? answer.retryAfter : undefined;
  return { kind: 'judged', verdict: judge(answer, events, consoleAnswerer(call.method)), retryAfter };
}

/** True when the call was accepted. */
export function isAccepted(sent: Sent): boolean {
  return sent.kind === 'judged' && sent.verdict.kind === 'delivered';
}
