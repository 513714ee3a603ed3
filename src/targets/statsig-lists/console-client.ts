// Calls Statsig's Console API, within the limit of the key.

import { createHash } from 'node:crypto';
import type { EpochMs } from '../../base/time.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import { type ConsoleCall, consoleRequest } from '../../statsig/console-api.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { type BudgetOf, type CallsLeft, endOfBlock } from './rate-budget.js';

/** What came of a call. `later`: nothing was sent, the limit is used up until `at`; or no one knows whether it is, and `why`. */
export type ConsoleResponse = HttpResponse | { readonly kind: 'later'; readonly at: EpochMs; readonly why?: string };

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
  readonly budgetOf: BudgetOf;
}

/** Tells a key and its URL from others without telling the key; `undefined` without a key. */
export function consoleId({ consoleKey, consoleUrl }: CompiledAudiences): string | undefined {
  if (consoleKey === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([consoleKey.reveal(), consoleUrl]))
    .digest('base64');
}

/** The Console API as a workspace sees it; `undefined` without a key. Everybody with the same key and URL shares its limit. */
export function createConsoleClients({
  timeoutMs,
  now,
  budgetOf,
}: ConsoleOptions): (audiences: CompiledAudiences) => ConsoleClient | undefined {
  /** Each lane asks for it before each request. */
  const consoles = new WeakMap<CompiledAudiences, ConsoleClient | undefined>();

  function make(audiences: CompiledAudiences): ConsoleClient | undefined {
    const id = consoleId(audiences);
    if (id === undefined) return undefined;
    const budget = budgetOf(id);
    return {
      id,
      readyAt: () => budget.readyAt(),
      left: () => budget.left(),
      async call(call, signal) {
        const over = await budget.take();
        if (over === undefined) {
          const why = budget.problem();
          return { kind: 'later', at: budget.readyAt(), ...(why !== undefined && { why }) };
        }
        try {
          const how = { timeoutMs, ...(signal !== undefined && { signal }) };
          const answer = await callHttp(consoleRequest(audiences, call), how);
          if (answer.kind === 'answered' && answer.status === 429)
            budget.blockUntil(endOfBlock(answer.retryAfter, now()));
          return answer;
        } finally {
          over();
        }
      },
    };
  }

  return (audiences) => {
    if (!consoles.has(audiences)) consoles.set(audiences, make(audiences));
    return consoles.get(audiences);
  };
}
