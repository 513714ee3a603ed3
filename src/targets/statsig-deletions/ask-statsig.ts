// Asks Statsig to delete people, and remembers what was asked for.

import type { Logger } from '../../base/logger.js';
import type { Verdict } from '../../call/verdict.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import { callWithKey, judgeDeletion, type StatsigProject, writeDeletion } from './delete-user-data.js';
import type { RequestLog } from './request-log.js';
import { askStatus, type RequestStatus } from './request-status.js';

/** What asking works with. */
export interface AskDeps {
  readonly requests: RequestLog;
  /** Ids of requests that were sent since the start. */
  readonly sent: { has(requestId: string): boolean; set(requestId: string, isSent: true): unknown };
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

const BAD_REQUEST = 400;

const NAMES_REQUEST = /request[\s_-]?id/i;
const SAYS_KNOWN = /\b(already|used|exists?|duplicated?|unique)\b/i;

/**
 * What a 400 means. Statsig answers so to a `request_id` that it has taken before, and to what it can't read. Its words for either are not documented, so that it is asked whether it knows the
 * request. They count only where it does not tell, and only of a request that has left this process before.
 */
async function judgeRefusal(verdict: Verdict, wasSent: boolean, ask: () => Promise<RequestStatus>): Promise<Verdict> {
  const status = await ask();
  const known = { kind: 'delivered', status: 200, message: `Statsig has the request already (${status}).` } as const;
  if (status === 'PENDING' || status === 'COMPLETE') return known;
  if (status === 'UNKNOWN' || !NAMES_REQUEST.test(verdict.message)) return verdict;
  if (wasSent && SAYS_KNOWN.test(verdict.message)) return known;
  return { kind: 'retry', status: 503, message: `${verdict.message} (The status of the request: ${status})` };
}

/**
 * Sends one request.
 *
 * @throws UnsendableKeyError
 */
export async function askStatsig(
  { requests, sent, timeoutMs, now, log }: AskDeps,
  { project, workspaceId, userIds, requests: cameWith, signal }: Asked,
): Promise<Extract<Sent, { readonly kind: 'judged' | 'aborted' }>> {
  const { requestId, url, body } = writeDeletion({ ...project, userIds, requests: cameWith });
  const wasSent = sent.has(requestId);
  sent.set(requestId, true);
  const answer = await callWithKey(project.secretKey, { url, body, timeoutMs, ...(signal && { signal }) });
  if (answer.kind === 'unanswered' && answer.reason === 'aborted') return { kind: 'aborted' };
  const answered = judgeDeletion(answer, cameWith.length);
  const isRefused = answer.kind === 'answered' && answer.status === BAD_REQUEST;
  const ask = () => askStatus(project, requestId, { timeoutMs, ...(signal && { signal }) });
  const verdict = isRefused ? await judgeRefusal(answered, wasSent, ask) : answered;
  if (verdict.kind === 'delivered') {
    log.info({ workspaceId, requestId, ids: userIds.length }, 'Statsig was asked to delete users');
    await requests.add({ requestId, workspaceId, ids: userIds.length, at: now() });
  }
  return { kind: 'judged', verdict, retryAfter: answer.kind === 'answered' ? answer.retryAfter : undefined };
}
