// Sends one batch of a workspace and judges the answer; for a workspace without a key, records the request instead.

import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import { compressBatch, logEventBatch } from '../statsig/log-event-batch.js';
import { callStatsig } from '../statsig/statsig-client.js';
import { judge, type Verdict } from '../statsig/verdict.js';
import type { Part } from './batch-decision.js';
import type { DryRunRequest } from './dispatcher-options.js';

/** What came of sending. */
export type Sent =
  | { readonly kind: 'judged'; readonly verdict: Verdict; readonly retryAfter: string | undefined }
  | { readonly kind: 'recorded' }
  /** Given up before an answer came: nobody knows whether Statsig has the events. */
  | { readonly kind: 'aborted' };

/** Sends batches. */
export interface BatchSender {
  /** @throws Error when no request can be made of the workspace; the message holds nothing secret */
  send(workspace: CompiledWorkspace, part: Part): Promise<Sent>;
  /** Gives up all requests under way and those to come. */
  abort(): void;
}

/** What a sender is made of. */
export interface BatchSenderOptions {
  /** UUID of this run of the program. */
  readonly sessionId: string;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly record: (request: DryRunRequest) => void;
}

/** A proxy in between may echo the request. */
function withoutKey(verdict: Verdict, key: string): Verdict {
  return { ...verdict, message: verdict.message.replaceAll(key, '[redacted]') };
}

/** Makes a sender for all workspaces of the process. */
export function createBatchSender({ sessionId, timeoutMs, now, record }: BatchSenderOptions): BatchSender {
  const underWay = new Set<AbortController>();
  let aborted = false;

  return {
    async send(workspace, part) {
      const retryCount = Math.max(...part.map(({ attempts }) => attempts));
      const payloads = part.map(({ payload }) => payload);
      const batch = logEventBatch(workspace, payloads, { retryCount, sessionId });
      if (workspace.secretKey === undefined) {
        record({ workspaceId: workspace.id, at: now(), ...batch, events: part.length });
        return { kind: 'recorded' };
      }
      const request = await compressBatch(batch);
      if (aborted) return { kind: 'aborted' };
      const controller = new AbortController();
      underWay.add(controller);
      const answer = await callStatsig({ ...request, timeoutMs, signal: controller.signal });
      underWay.delete(controller);
      if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
      return {
        kind: 'judged',
        verdict: withoutKey(judge(answer, part.length), workspace.secretKey.reveal()),
        retryAfter: answer.kind === 'answered' ? answer.retryAfter : undefined,
      };
    },
    abort() {
      aborted = true;
      for (const controller of underWay) controller.abort();
    },
  };
}
