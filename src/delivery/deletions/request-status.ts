// Asks Statsig how far the deletions are.

import { callWithKey, type StatsigProject, UnsendableKeyError } from './delete-user-data.js';
import type { SentRequest } from './request-log.js';

/**
 * What Statsig says of a request (`PENDING`, `COMPLETE`, `UNKNOWN`), `UNREACHABLE` when it does not answer, `NO_KEY` when the workspace has no key it could be asked with any more,
 * `HTTP_403` and the like when it answers something else.
 */
export type RequestStatus = string;

/** A request with its status. */
export interface ReportedRequest extends SentRequest {
  readonly status: RequestStatus;
}

/** Statsig's project of a workspace; `undefined` when it has none now. */
export type ProjectOf = (workspaceId: string) => StatsigProject | undefined;

/** Questions under way at once. */
const CONCURRENT = 5;

const STATUS = /\b(PENDING|COMPLETE|UNKNOWN)\b/i;

async function ask(project: StatsigProject, requestId: string, timeoutMs: number): Promise<RequestStatus> {
  const url = `${project.apiUrl}/v1/get_delete_user_data_request_status`;
  const body = JSON.stringify({ request_id: requestId });
  const answer = await callWithKey(project.secretKey, { url, body, timeoutMs });
  if (answer.kind === 'unanswered') return 'UNREACHABLE';
  const [, said] = answer.status < 300 ? (STATUS.exec(answer.body) ?? []) : [];
  return said?.toUpperCase() ?? `HTTP_${answer.status}`;
}

function orNoKey(error: unknown): RequestStatus {
  if (error instanceof UnsendableKeyError) return 'NO_KEY';
  throw error;
}

/**
 * The status of each request, in their order (Statsig's documentation, "User data deletion requests").
 *
 * @param timeoutMs for each question
 */
export async function askStatuses(
  requests: readonly SentRequest[],
  projectOf: ProjectOf,
  timeoutMs: number,
): Promise<readonly ReportedRequest[]> {
  const reported: ReportedRequest[] = [];
  const rest = requests.entries();
  async function work(): Promise<void> {
    for (const [index, request] of rest) {
      const project = projectOf(request.workspaceId);
      const status = project === undefined ? 'NO_KEY' : await ask(project, request.requestId, timeoutMs).catch(orNoKey);
      reported[index] = { ...request, status };
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return reported;
}
