// Reads an answer of which all is needed: a document, a list of results.

import type { HttpResponse } from './http-call.js';

/** The whole text of a 200; or why there is none, as what the other side did: `answered 503`, `did not answer within 300 ms`. */
export type WholeResponse = { readonly text: string } | { readonly problem: string };

/** @param timeoutMs that the call had */
export function readWhole(answer: HttpResponse, timeoutMs: number | undefined): WholeResponse {
  const late = { problem: `did not answer within ${timeoutMs} ms` };
  if (answer.kind === 'unanswered')
    return answer.reason === 'timeout' ? late : { problem: `does not answer (${answer.message})` };
  const { status, rest, body } = answer;
  if (status !== 200) return { problem: `answered ${status}` };
  if (rest === 'late') return late;
  if (rest === 'lost') return { problem: 'broke its answer off' };
  return rest === 'unread' ? { problem: 'answered with too many bytes' } : { text: body };
}
