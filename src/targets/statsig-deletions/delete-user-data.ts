// Writes Statsig's delete_user_data request and reads its answer.

import { createHash } from 'node:crypto';
import type { Secret } from '../../base/secret.js';
import type { PostAnswer } from '../../call/http-call.js';
import { redactAnswer } from '../../call/redaction.js';
import { deniesSuccess } from '../../call/said.js';
import { type Answerer, judge, type Verdict } from '../../call/verdict.js';
import { isJsonObject } from '../../model/segment-event.js';
import { STATSIG_NAME } from '../../statsig/statsig-answerer.js';
import { callStatsig } from '../../statsig/statsig-client.js';

/** Ids in one request. */
export const MAX_IDS = 1000;

/** Where and as whom Statsig is asked. */
export interface StatsigProject {
  /** Base URL without a slash at its end. */
  readonly apiUrl: string;
  readonly secretKey: Secret;
}

/** Code points that a delimiter is chosen from: the comma Statsig takes by default, then visible ones, on and on. */
const COMMA = 0x2c;
const FIRST_VISIBLE = 0x21;

/** One character that occurs in none of the ids, so that they can be told apart again. */
function findDelimiter(ids: readonly string[]): string {
  const taken = new Set(ids.flatMap((id) => [...id]));
  let delimiter = String.fromCodePoint(COMMA);
  for (let code = FIRST_VISIBLE; taken.has(delimiter); code += 1) delimiter = String.fromCodePoint(code);
  return delimiter;
}

/** What a request is about. */
export interface DeletionRequest {
  /** Base URL without a slash at its end. */
  readonly apiUrl: string;
  /** `undefined` in a dry run. */
  readonly secretKey: Secret | undefined;
  /** Different ones, at most 1000. */
  readonly userIds: readonly string[];
  /** Names of the requests that the ids came with. */
  readonly requests: readonly string[];
}

/**
 * 64 hexadecimal digits that stand for the request, so that Statsig recognises one that is sent again. The key is in it because one sender may ask for the same users in two projects.
 */
function requestIdOf({ secretKey, userIds, requests }: DeletionRequest): string {
  const content = JSON.stringify([secretKey?.reveal() ?? '', [...userIds].sort(), [...requests].sort()]);
  return createHash('sha256').update(content).digest('hex');
}

/** URL and JSON text of a deletion, and its `request_id` (Statsig's documentation, "User data deletion requests"). */
export function writeDeletion(request: DeletionRequest) {
  const { apiUrl, userIds } = request;
  const requestId = requestIdOf(request);
  const delimiter = findDelimiter(userIds);
  const body = { unit_type: 'user_id', ids: userIds.join(delimiter), delimiter, request_id: requestId };
  return { requestId, url: `${apiUrl}/v1/delete_user_data`, body: JSON.stringify(body) };
}

/** A key that cannot be sent. The message does not hold it. */
export class UnsendableKeyError extends Error {
  constructor() {
    super('The secret key has characters that no header may have.');
  }
}

/**
 * Calls an endpoint of Statsig's API with the secret key. The answer holds no part of it.
 *
 * @param body JSON text
 * @throws UnsendableKeyError
 */
export async function callWithKey(
  secretKey: Secret,
  call: { readonly url: string; readonly body: string; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<PostAnswer> {
  const headers = new Headers({ 'content-type': 'application/json' });
  try {
    headers.set('statsig-api-key', secretKey.reveal());
  } catch {
    throw new UnsendableKeyError();
  }
  return redactAnswer(await callStatsig({ ...call, headers }), [secretKey.reveal()]);
}

/** Statsig says which request it has taken; a request that is sent again is recognised, so that everything else is a no. */
const DELETION: Answerer = {
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
export function judgeDeletion(answer: PostAnswer, deletions: number): Verdict {
  const verdict = judge(answer, deletions, DELETION);
  if (answer.kind === 'unanswered' || answer.status !== 403) return verdict;
  return { ...verdict, message: `${verdict.message} (Statsig deletes users for Enterprise contracts only.)` };
}
