// What Statsig's answer to a deletion means.

import type { HttpResponse } from '../../call/http-call.js';
import { deniesSuccess } from '../../call/said.js';
import { judge, type ResponseReader, type Verdict } from '../../call/verdict.js';
import { isJsonObject } from '../../model/segment-event.js';
import { STATSIG_NAME } from '../../statsig/statsig-response.js';
import type { RequestStatus } from './request-status.js';

const FORBIDDEN = 403;

/** Statsig says which request it has taken; a request that is sent again is recognised, so that everything else is a no. */
const DELETION: ResponseReader = {
  name: STATSIG_NAME,
  read(said) {
    if (said.kind === 'nothing') return 'yes';
    if (said.kind !== 'json' || !isJsonObject(said.value) || deniesSuccess(said.value)) return 'no';
    return typeof said.value.request_id === 'string' || said.value.success === true ? 'yes' : 'no';
  },
};

/**
 * What an answer means for the deletions of the request: as everywhere, but a 403 says what it takes.
 *
 * @param deletions how many the request holds
 */
export function judgeDeletion(answer: HttpResponse, deletions: number): Verdict {
  const verdict = judge(answer, deletions, DELETION);
  if (answer.kind === 'unanswered' || answer.status !== FORBIDDEN) return verdict;
  return { ...verdict, message: `${verdict.message} (Statsig deletes users for Enterprise contracts only.)` };
}

const NAMES_REQUEST = /request[\s_-]?id/i;
const SAYS_KNOWN = /\b(already|used|exists?|duplicated?|unique)\b/i;

/**
 * What a 400 means. Statsig answers so to a `request_id` that it has taken before, and to what it cannot read. Its words for either are not documented, so that it is asked whether it knows the
 * request. They count only where it does not tell, and only of a request that has left this process before.
 *
 * @param status what Statsig says of the request
 */
export function judgeRefusal(verdict: Verdict, wasSent: boolean, status: RequestStatus): Verdict {
  const known = { kind: 'delivered', status: 200, message: `Statsig has the request already (${status}).` } as const;
  if (status === 'PENDING' || status === 'COMPLETE') return known;
  if (status === 'UNKNOWN' || !NAMES_REQUEST.test(verdict.message)) return verdict;
  if (wasSent && SAYS_KNOWN.test(verdict.message)) return known;
  return { kind: 'retry', status: 503, message: `${verdict.message} (The status of the request: ${status})` };
}
