// Calls Statsig's Console API, within the limit of the key.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { EpochMs } from '../../base/time.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import { type ConsoleCall, consoleRequest } from '../../statsig/console-api.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { type CallsLeft, createRateBudget, endOfBlock, type RateBudget } from './rate-budget.js';

/** Budgets that are kept. One that is forgotten while its key is in use would begin anew. */
const MAX_BUDGETS = 1_000;

/** What came of a call. `later`: nothing was sent, the limit is used up until `at`. */
export type ConsoleResponse = HttpResponse | { readonly kind: 'later'; readonly at: number };

/** The Console API with one key. */
export interface ConsoleClient {
  /** Tells this key and URL from others without telling the key. */
  readonly id: string;
  /** The time before which the limit lets nothing through. */
  readyAt(): EpochMs;
  /** For people: how many calls are left of each limit of the key. */
  left(): readonly CallsLeft[];
  /** @throws UnsendableHeaderError, and nothing else */
  call(call: ConsoleCall, signal?: AbortSignal): Promise<ConsoleResponse>;
}

/** Settings of all calls. */
export interface ConsoleOptions {
  /** Milliseconds for one call, the answer included. */
  readonly timeoutMs: number;
  readonly now: () => EpochMs;
}

/** The Console API as a workspace sees it; `undefined` without a key. Everybody with the same key and URL shares its limit. */
export function createConsoleClients({
  timeoutMs,
  now,
}: ConsoleOptions): (audiences: CompiledAudiences) => ConsoleClient | undefined {
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
  const consoles = new WeakMap<CompiledAudiences, ConsoleClient | undefined>();

  function make(audiences: CompiledAudiences): ConsoleClient | undefined {
    const { consoleKey, consoleUrl } = audiences;
    if (consoleKey === undefined) return undefined;
    const id = createHash('sha256')
      .update(JSON.stringify([consoleKey.reveal(), consoleUrl]))
      .digest('base64');
    const budget = budgetOf(id);
    return {
      id,
      readyAt: () => budget.readyAt(),
      left: () => budget.left(),
      async call(call, signal) {
        const over = budget.take();
        if (over === undefined) return { kind: 'later', at: budget.readyAt() };
        const how = { timeoutMs, ...(signal !== undefined && { signal }) };
        const answer = await callHttp(consoleRequest(audiences, call), how).finally(over);
        if (answer.kind === 'answered' && answer.status === 429)
          budget.blockUntil(endOfBlock(answer.retryAfter, now()));
        return answer;
      },
    };
  }

  return (audiences) => {
    if (!consoles.has(audiences)) consoles.set(audiences, make(audiences));
    return consoles.get(audiences);
  };
}
