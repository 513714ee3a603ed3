// Delivers to Statsig's log_event.

import { hostOf } from '../../call/http-request.js';
import type { Part } from '../../dispatch/delivery-target.js';
import { STATSIG_TARGET } from '../../outbox/lane-id.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import { STATSIG } from '../../statsig/statsig-response.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { type DryRunOptions, dryRun } from '../dry-run.js';
import { type StatedTarget, sentOf } from '../stated-target.js';
import { logEventRequest } from './request.js';
import { judgeLogEvent } from './verdict.js';

/** What all Statsig targets of the process share. */
export interface StatsigTargetOptions extends DryRunOptions {
  /** UUID of this run of the program. */
  readonly sessionId: string;
  /** Milliseconds for one request, the answer included. */
  readonly timeoutMs: number;
}

/** Below this the gzip header outweighs what it saves. */
const GZIP_FROM_BYTES = 1025;

/** The workspace's place at Statsig; a dry run of it for a workspace without a key. */
export function statsigTarget(workspace: CompiledWorkspace, options: StatsigTargetOptions): StatedTarget {
  const { id, secretKey, eventsEndpoint, maxBatchEvents, maxBatchBytes } = workspace;
  const { sessionId, timeoutMs } = options;
  const shape = {
    title: STATSIG.name,
    identity: `${eventsEndpoint}\n${secretKey?.reveal() ?? ''}`,
    maxBatchEvents,
    maxBatchBytes,
    requests: (part: Part) => [logEventRequest(workspace, part, sessionId)],
  };
  if (secretKey === undefined) return dryRun(shape, { workspaceId: id, target: STATSIG_TARGET }, options);

  return {
    ...shape,
    host: hostOf(eventsEndpoint),
    async send(part, signal) {
      const request = logEventRequest(workspace, part, sessionId);
      const answer = await callStatsig(request, { timeoutMs, signal, gzipFromBytes: GZIP_FROM_BYTES });
      return sentOf(answer, () => judgeLogEvent(answer, part.length));
    },
  };
}
