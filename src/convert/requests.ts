// The requests with which converted events go to Statsig, for anyone who sends them.

import type { EpochMs } from '../base/time.js';
import { type HttpRequest, revealHeaders } from '../call/http-request.js';
import type { MembershipChange } from '../model/conversion.js';
import { deletionRequest, MAX_IDS } from '../targets/statsig-deletions/request.js';
import { logEventRequest } from '../targets/statsig-events/request.js';
import { listRequests } from '../targets/statsig-lists/request.js';
import type { InboundEvent } from './inbound.js';
import { partsOf, type Workspace } from './workspace.js';

/** One request, ready to be sent. Its headers hold the key. */
export interface BuiltRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function built(request: HttpRequest): BuiltRequest {
  const { method, url, body = '' } = request;
  return { method, url, headers: revealHeaders(request), body };
}

/** What is told of a request for events. */
export interface LogEventOptions {
  /** UUID that stands for this run of the program. Default: none is told. */
  readonly sessionId?: string;
  /** How often these events were sent before. Default: 0. */
  readonly retryCount?: number;
}

/**
 * The request with which events go to Statsig's `log_event`. Put as many together as you have: Statsig bills events, and limits requests. Of a dry run it has no key.
 *
 * @param events of `convertInbound`, at least one
 */
export function buildLogEventRequest(
  events: readonly Pick<InboundEvent, 'payload'>[],
  workspace: Workspace,
  { sessionId, retryCount = 0 }: LogEventOptions = {},
): BuiltRequest {
  if (events.length === 0) throw new RangeError('A request needs at least one event.');
  const part = events.map(({ payload }) => ({ payload, attempts: retryCount }));
  return built(logEventRequest(partsOf(workspace).inbound, part, sessionId));
}

/**
 * The requests that bring ID lists into step with changes, by Statsig's Console API. Of several changes of an id the newest counts. The lists have to be there; requests
 * to one list belong one after the other.
 *
 * @throws TypeError where the workspace takes no audiences: it has a `secretKey` and no `consoleKey`
 */
export function buildListRequests(
  changes: readonly MembershipChange[],
  workspace: Workspace,
  now: EpochMs = Date.now(),
): readonly BuiltRequest[] {
  const { audiences } = partsOf(workspace).inbound;
  if (audiences === undefined) throw new TypeError('The settings have no consoleKey: no list can be changed.');
  const lists = new Map<string, MembershipChange[]>();
  for (const change of changes) lists.set(change.listId, [...(lists.get(change.listId) ?? []), change]);
  return [...lists].flatMap(([listId, ofList]) => listRequests(audiences, listId, ofList, now).map(built));
}

/**
 * The request with which Statsig is asked to delete people.
 *
 * @param userIds 1 to 1000
 * @param requests names of the requests that the ids came with, such as message ids: the same ones make the same request, which Statsig recognises
 */
export function buildDeletionRequest(
  userIds: readonly string[],
  workspace: Workspace,
  requests: readonly string[] = [],
): BuiltRequest {
  const different = [...new Set(userIds)];
  if (different.length === 0 || different.length > MAX_IDS)
    throw new RangeError(`A request takes 1 to ${MAX_IDS} ids, and these are ${different.length}.`);
  const { apiUrl, secretKey } = partsOf(workspace).inbound;
  return built(deletionRequest({ apiUrl, secretKey, userIds: different, requests }));
}
