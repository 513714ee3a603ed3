// The requests with which an ID list is looked at, made and changed (Statsig's OpenAPI of the Console API).

import type { EpochMs } from '../../base/time.js';
import type { MembershipChange } from '../../model/conversion.js';
import { type ConsoleCall, consoleRequest, idsPath, listPath, SEGMENTS } from '../../statsig/console-api.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import type { StatedRequest } from '../stated-target.js';
import { type ListWork, newestOfEach, workOf } from './list-changes.js';

/** A call, and the changes that it makes. */
export interface IdsCall extends ConsoleCall {
  readonly method: 'PATCH' | 'DELETE';
  readonly changes: readonly MembershipChange[];
}

/** Which list. */
export interface WantedList {
  readonly listId: string;
  readonly idType: string;
}

/** Looks at a list. */
export function lookCall(listId: string): ConsoleCall {
  return { method: 'GET', path: listPath(listId) };
}

/** Makes a list. */
export function makeCall({ listId, idType }: WantedList): ConsoleCall {
  const description = 'Kept in step with an audience by statsig-cdp.';
  const list = { id: listId, name: listId, type: 'id_list', idType, description };
  return { method: 'POST', path: SEGMENTS, body: JSON.stringify(list) };
}

/** Bring a list into step: with up to so many ids each, those that enter before those that leave (DELETE takes its ids from a body too). */
export function idsCalls(
  listId: string,
  { adds, removes }: Pick<ListWork, 'adds' | 'removes'>,
  maxIds: number,
): readonly IdsCall[] {
  const path = idsPath(listId);
  const callsOf = (method: IdsCall['method'], changes: readonly MembershipChange[]) =>
    Array.from({ length: Math.ceil(changes.length / maxIds) }, (_, index): IdsCall => {
      const chunk = changes.slice(index * maxIds, (index + 1) * maxIds);
      return { method, path, body: JSON.stringify({ ids: chunk.map(({ id }) => id) }), changes: chunk };
    });
  return [...callsOf('PATCH', adds), ...callsOf('DELETE', removes)];
}

/**
 * What the changes of a part come to when nothing is known of the list.
 *
 */
export function listRequests(
  audiences: CompiledAudiences,
  listId: string,
  changes: readonly MembershipChange[],
  now: EpochMs,
): readonly StatedRequest[] {
  const calls = idsCalls(listId, workOf(newestOfEach(changes, now), [], now), audiences.maxIdsPerRequest);
  return calls.map((call) => ({ ...consoleRequest(audiences, call), events: call.changes.length }));
}
