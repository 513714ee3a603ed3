// Puts together how the ID lists of workspaces stand: from the settings, the outbox, the dispatcher, and what is known of lists.

import { messageOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryService } from '../../dispatch/delivery-service.js';
import type { LaneReport } from '../../dispatch/dispatcher-options.js';
import { laneId, listOfTarget, listTarget } from '../../outbox/lane-id.js';
import type { LaneStatus } from '../../outbox/outbox.js';
import type { IdLists, KeyBudget } from '../../targets/statsig-lists/id-lists.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import type { AudienceBudget, AudienceListRow, AudiencesAnswer, AudienceWorkspace } from './shapes.js';

/** What it is put together from. */
export interface AudiencesDeps {
  readonly delivery: Pick<DeliveryService, 'status'>;
  readonly idLists: Pick<IdLists, 'known' | 'sizes' | 'calls' | 'budgetOf'>;
  readonly audiencesOf: (workspaceId: string) => CompiledAudiences | undefined;
  readonly now: () => EpochMs;
}

/** Lists of a workspace that are named: events may make as many as they like. */
const MAX_LISTS = 200;

/** What waits and what is wrong, by lane. */
interface Lanes {
  readonly waiting: ReadonlyMap<string, LaneStatus>;
  readonly reports: ReadonlyMap<string, LaneReport>;
}

function lanesOf(delivery: AudiencesDeps['delivery']): Lanes {
  const status = delivery.status();
  const isRead = typeof status === 'object';
  return {
    waiting: new Map(isRead ? status.outbox.lanes.map((lane) => [lane.lane, lane]) : []),
    reports: new Map(isRead ? status.dispatcher.lanes.map((lane) => [lane.lane, lane]) : []),
  };
}

/** Ids of lists with the type of their ids, where it is known. */
async function listsOf(
  { idLists }: AudiencesDeps,
  { workspaceId, lists: rows }: CompiledAudiences,
  { waiting }: Lanes,
): Promise<{ readonly lists: ReadonlyMap<string, string | undefined>; readonly problem?: string }> {
  const lists = new Map<string, string | undefined>();
  for (const lane of waiting.values()) {
    const listId = lane.workspaceId === workspaceId ? listOfTarget(lane.target) : undefined;
    if (listId !== undefined) lists.set(listId, undefined);
  }
  for (const { id, idType } of rows.values()) lists.set(id, idType);
  try {
    for (const { listId, idType } of await idLists.known(workspaceId)) lists.set(listId, idType);
    return { lists };
  } catch (error) {
    return { lists, problem: `The store of memberships cannot be read: ${messageOf(error)}` };
  }
}

/** Milliseconds until so many calls have been made. */
function timeFor(calls: number, { left: limits, readyAt }: KeyBudget, now: EpochMs): number {
  if (calls === 0) return 0;
  const waits = limits.map(
    ({ calls: most, windowMs, left }) => Math.max(0, Math.ceil((calls - left) / most)) * windowMs,
  );
  return Math.max(readyAt - now, ...waits, 0);
}

const callsFor = (pending: number, { maxIdsPerRequest }: CompiledAudiences) => Math.ceil(pending / maxIdsPerRequest);

function badness({ problem, circuit = 'closed', deadLetters }: AudienceListRow): number {
  return (problem === undefined ? 0 : 2) + (circuit === 'closed' ? 0 : 2) + (deadLetters > 0 ? 1 : 0);
}

async function reportWorkspace(
  deps: AudiencesDeps,
  audiences: CompiledAudiences,
  lanes: Lanes,
): Promise<AudienceWorkspace & { readonly calls: number }> {
  const { workspaceId, isDryRun, windowMs, maxIdsPerRequest, createMissing } = audiences;
  const { lists, problem } = await listsOf(deps, audiences, lanes);
  const sizes = new Map(
    deps.idLists
      .sizes()
      .filter((size) => size.workspaceId === workspaceId)
      .map(({ listId, ids }) => [listId, ids]),
  );
  const named = new Map([...audiences.lists].map(([key, { id }]) => [id, key]));
  const rows = [...lists].map(([listId, idType]): AudienceListRow => {
    const target = listTarget(listId);
    const lane = laneId(workspaceId, target);
    const waiting = lanes.waiting.get(lane);
    const report = lanes.reports.get(lane);
    const [audience, size] = [named.get(listId), sizes.get(listId)];
    return {
      listId,
      target,
      ...(audience !== undefined && { audience }),
      ...(idType !== undefined && { idType }),
      ...(size !== undefined && { size }),
      pending: waiting?.waiting ?? 0,
      ...(waiting?.oldestAcceptedAt !== undefined && { oldestAt: waiting.oldestAcceptedAt }),
      deadLetters: waiting?.deadLetters ?? 0,
      ...(report !== undefined && { circuit: report.circuit }),
      ...(report?.pausedUntil !== undefined && { pausedUntil: report.pausedUntil }),
      ...(report?.problem !== undefined && { problem: report.problem }),
      calls: deps.idLists.calls({ workspaceId, listId }),
    };
  });
  rows.sort(
    (one, other) =>
      badness(other) - badness(one) || other.pending - one.pending || (one.listId < other.listId ? -1 : 1),
  );
  return {
    ...{ workspaceId, isDryRun, windowMs, maxIdsPerRequest, createMissing },
    lists: rows.slice(0, MAX_LISTS),
    omitted: Math.max(0, rows.length - MAX_LISTS),
    ...(problem !== undefined && { problem }),
    calls: rows.reduce((sum, { pending }) => sum + callsFor(pending, audiences), 0),
  };
}

/**
 * How the lists of all these workspaces stand, as far as they take audiences.
 *
 * @param workspaceIds all there are: those with one key share its limit
 * @param wanted this one alone
 */
export async function reportAudiences(
  deps: AudiencesDeps,
  workspaceIds: readonly string[],
  wanted: string | undefined,
): Promise<AudiencesAnswer> {
  const lanes = lanesOf(deps.delivery);
  const all = workspaceIds.flatMap((id) => deps.audiencesOf(id) ?? []);
  const budgets = new Map(all.map((audiences) => [audiences, deps.idLists.budgetOf(audiences)]));
  const reports = new Map<CompiledAudiences, Awaited<ReturnType<typeof reportWorkspace>>>();
  for (const audiences of all) reports.set(audiences, await reportWorkspace(deps, audiences, lanes));

  function budgetOf(audiences: CompiledAudiences): AudienceBudget | undefined {
    const budget = budgets.get(audiences);
    if (budget === undefined) return undefined;
    const sharers = all.filter((each) => budgets.get(each)?.id === budget.id);
    const calls = sharers.reduce((sum, each) => sum + (reports.get(each)?.calls ?? 0), 0);
    const now = deps.now();
    return {
      limits: budget.left,
      ...(budget.readyAt > now && { readyAt: budget.readyAt }),
      sharedWith: sharers.filter((each) => each !== audiences).map(({ workspaceId }) => workspaceId),
      drainMs: timeFor(calls, budget, now),
    };
  }

  const workspaces = all
    .filter(({ workspaceId }) => wanted === undefined || workspaceId === wanted)
    .flatMap((audiences): AudienceWorkspace[] => {
      const report = reports.get(audiences);
      if (report === undefined) return [];
      const { calls: _, ...workspace } = report;
      const budget = budgetOf(audiences);
      return [{ ...workspace, ...(budget !== undefined && { budget }) }];
    });
  return { workspaces };
}
