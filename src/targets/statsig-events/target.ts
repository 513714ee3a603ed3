// Delivers to Statsig's log_event; for a workspace without a key, records the request instead.

import { hostOf } from '../../call/host-of.js';
import { redactAnswer } from '../../call/redaction.js';
import { judge } from '../../call/verdict.js';
import type { DeliveryTarget } from '../../dispatch/delivery-target.js';
import type { DryRunRequest } from '../../dispatch/dispatcher-options.js';
import { STATSIG_TARGET } from '../../outbox/lane-id.js';
import { compressBatch, logEventBatch } from '../../statsig/log-event-batch.js';
import { STATSIG } from '../../statsig/statsig-answerer.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';

/** What all Statsig targets of the process share. */
export interface StatsigTargetOptions {
  /** UUID of this run of the program. */
  readonly sessionId: string;
  /** Milliseconds for one request, the answer included. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly record: (request: DryRunRequest) => void;
}

/** The workspace's place at Statsig. */
export function statsigTarget(workspace: CompiledWorkspace, options: StatsigTargetOptions): DeliveryTarget {
  const { id, secretKey, eventsEndpoint, maxBatchEvents, maxBatchBytes } = workspace;
  const { sessionId, timeoutMs, now, record } = options;
  return {
    title: STATSIG.name,
    identity: `${eventsEndpoint}\n${secretKey?.reveal() ?? ''}`,
    ...(secretKey !== undefined && { host: hostOf(eventsEndpoint) }),
    maxBatchEvents,
    maxBatchBytes,
    async send(part, signal) {
      const retryCount = Math.max(...part.map(({ attempts }) => attempts));
      const payloads = part.map(({ payload }) => payload);
      const batch = logEventBatch(workspace, payloads, { retryCount, sessionId });
      if (secretKey === undefined) {
        record({ workspaceId: id, target: STATSIG_TARGET, at: now(), method: 'POST', ...batch, events: part.length });
        return { kind: 'recorded' };
      }
      const request = await compressBatch(batch);
      if (signal.aborted) return { kind: 'aborted' };
      const answer = redactAnswer(await callStatsig({ ...request, timeoutMs, signal }), [secretKey.reveal()]);
      if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
      return {
        kind: 'judged',
        verdict: judge(answer, part.length, STATSIG),
        retryAfter: answer.kind === 'answered' ? answer.retryAfter : undefined,
      };
    },
  };
}
