// The requests with which Statsig is asked to delete people, and how far it is.

import { createHash } from 'node:crypto';
import type { Secret } from '../../base/secret.js';
import type { HttpRequest } from '../../call/http-request.js';

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

/** A deletion with the name by which Statsig knows it. */
export interface NamedRequest extends HttpRequest {
  readonly requestId: string;
}

/** Asks for a deletion (Statsig's documentation, "User data deletion requests"). */
export function deletionRequest(deletion: DeletionRequest): NamedRequest {
  const { apiUrl, secretKey, userIds } = deletion;
  const requestId = requestIdOf(deletion);
  const delimiter = findDelimiter(userIds);
  const body = { unit_type: 'user_id', ids: userIds.join(delimiter), delimiter, request_id: requestId };
  return { requestId, ...requestTo(`${apiUrl}/v1/delete_user_data`, secretKey, body) };
}

/** Asks how far a deletion is. */
export function statusRequest({ apiUrl, secretKey }: StatsigProject, requestId: string): HttpRequest {
  return requestTo(`${apiUrl}/v1/get_delete_user_data_request_status`, secretKey, { request_id: requestId });
}

function requestTo(url: string, secretKey: Secret | undefined, body: object): HttpRequest {
  const headers = { ...(secretKey && { 'statsig-api-key': secretKey }), 'content-type': 'application/json' };
  return { method: 'POST', url, headers, body: JSON.stringify(body) };
}
