// Shows the requests that would change a list if the workspace had a console key.

import type { DryRunRequest } from '../../dispatch/dispatcher-options.js';
import type { MembershipChange } from '../../model/conversion.js';
import { listTarget } from '../../outbox/lane-id.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { type ConsoleCall, consoleHeaders, consoleUrlOf } from './console-api.js';
import { newestOfEach, workOf } from './list-changes.js';
import { idCalls } from './list-delivery.js';

/** A call that would have been made. @param events changes in it */
export function dryRunOf(
  audiences: CompiledAudiences,
  listId: string,
  { call, events, at }: { readonly call: ConsoleCall; readonly events: number; readonly at: number },
): DryRunRequest {
  return {
    workspaceId: audiences.workspaceId,
    target: listTarget(listId),
    at,
    method: call.method,
    url: consoleUrlOf(audiences, call),
    headers: consoleHeaders(call),
    body: call.body ?? '',
    events,
  };
}

/** What the changes of a part come to when nothing is known of the list. */
export function dryRunsOf(
  audiences: CompiledAudiences,
  listId: string,
  changes: readonly MembershipChange[],
  at: number,
): DryRunRequest[] {
  const { workspaceId, maxIdsPerRequest } = audiences;
  const calls = idCalls({ workspaceId, listId }, workOf(newestOfEach(changes, at), [], at), maxIdsPerRequest);
  return calls.map(({ call, changes: chunk }) => dryRunOf(audiences, listId, { call, events: chunk.length, at }));
}
