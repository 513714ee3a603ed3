// Asks Statsig to delete people, and remembers what was asked for.

import type { Logger } from '../../observe/logger.js';
import type { Sent } from '../dispatcher/delivery-target.js';
import { callWithKey, judgeDeletion, type StatsigProject, writeDeletion } from './delete-user-data.js';
import type { RequestLog } from './request-log.js';

/** What asking works with. */
export interface AskDeps {
  readonly requests: RequestLog;
  /** Milliseconds for one request, the answer included. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
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

/**
 * Sends one request.
 *
 * @throws UnsendableKeyError
 */
export async function askStatsig(
  { requests, timeoutMs, now, log }: AskDeps,
  { project, workspaceId, userIds, requests: cameWith, signal }: Asked,
): Promise<Extract<Sent, { readonly kind: 'judged' | 'aborted' }>> {
  const { requestId, url, body } = writeDeletion({ ...project, userIds, requests: cameWith });
  const answer = await callWithKey(project.secretKey, { url, body, timeoutMs, ...(signal && { signal }) });
  if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
  const verdict = judgeDeletion(answer, cameWith.length);
  if (verdict.kind === 'delivered') {
    log.info({ workspaceId, requestId, ids: userIds.length }, 'Statsig was asked to delete users');
    await requests.add({ requestId, workspaceId, ids: userIds.length, at: now() });
  }
  return { kind: 'judged', verdict, retryAfter: answer.kind === 'answered' ? answer.retryAfter : undefined };
}
