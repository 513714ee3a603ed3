// Asks Statsig how far the deletions are.

import type { Answered } from '../../call/http-call.js';
import { UnsendableHeaderError } from '../../call/http-request.js';
import { readSaid } from '../../call/said.js';
import { isJsonObject } from '../../model/segment-event.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import { type StatsigProject, statusRequest } from './request.js';
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

const STATUS = /^(PENDING|COMPLETE|UNKNOWN)$/i;

/** Which field holds the status is not documented: the answer is the word, or an object one of whose fields is. */
function readStatus(answer: Answered): string | undefined {
  const said = readSaid(answer);
  if (said.kind === 'text') return STATUS.exec(said.text)?.[0];
  if (said.kind !== 'json') return undefined;
  const words = isJsonObject(said.value) ? Object.values(said.value) : [said.value];
  return words.map((word) => (typeof word === 'string' ? STATUS.exec(word)?.[0] : undefined)).find(Boolean);
}

/**
 * Asks for the status of one request.
 *
 * @throws UnsendableHeaderError
 */
export async function askStatus(
  project: StatsigProject,
  requestId: string,
  how: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<RequestStatus> {
  const answer = await callStatsig(statusRequest(project, requestId), how);
  if (answer.kind === 'unanswered') return 'UNREACHABLE';
  const status = answer.status < 300 ? readStatus(answer) : undefined;
  return status?.toUpperCase() ?? `HTTP_${answer.status}`;
}

function orNoKey(error: unknown): RequestStatus {
  if (error instanceof UnsendableHeaderError) return 'NO_KEY';
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
      const status =
        project === undefined ? 'NO_KEY' : await askStatus(project, request.requestId, { timeoutMs }).catch(orNoKey);
      reported[index] = { ...request, status };
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return reported;
}
