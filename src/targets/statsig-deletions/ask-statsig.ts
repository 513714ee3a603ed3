// Asks Statsig to delete people, and remembers what was asked for.

import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import { sentOf } from '../stated-target.js';
import { deletionRequest, type StatsigProject } from './request.js';
import type { RequestLog } from './request-log.js';
import { askStatus } from './request-status.js';
import { judgeDeletion, judgeRefusal } from './verdict.js';

/** What asking works with. */
export interface AskDeps {
  readonly requests: RequestLog;
  /** Ids of requests that were sent since the start. */
  readonly sent: { has(requestId: string): boolean; set(requestId: string, isSent: true): unknown };
  /** Milliseconds for one request, the answer included. */
  readonly timeoutMs: number;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/** One request to Statsig. */
export interface Asked {
  readonly project: StatsigProject;
  /** For the log of requests; empty where no settings document has the key. */
  readonly workspaceId: string;
  /** Different ones, at most 1000. */
  readonly userIds: readonly string[];
  /** Names of the requests that the ids came with. */
  readonly requests: readonly string[];
  readonly signal?: AbortSignal;
}

const BAD_REQUEST = 400;

/**
 * Sends one request.
 *
 * @throws UnsendableHeaderError for a key that no header may have
 */
export async function askStatsig(
  { requests, sent, timeoutMs, now, log }: AskDeps,
  { project, workspaceId, userIds, requests: cameWith, signal }: Asked,
): Promise<Sent> {
  const { requestId, ...request } = deletionRequest({ ...project, userIds, requests: cameWith });
  const wasSent = sent.has(requestId);
  sent.set(requestId, true);
  const how = { timeoutMs, ...(signal && { signal }) };
  const answer = await callStatsig(request, how);
  const answered = judgeDeletion(answer, cameWith.length);
  const isRefused = answer.kind === 'answered' && answer.status === BAD_REQUEST;
  const verdict = isRefused ? judgeRefusal(answered, wasSent, await askStatus(project, requestId, how)) : answered;
  if (verdict.kind === 'delivered') {
    log.info({ workspaceId, requestId, ids: userIds.length }, 'Statsig was asked to delete users');
    await requests.add({ requestId, workspaceId, ids: userIds.length, at: now() });
  }
  return sentOf(answer, () => verdict);
}
