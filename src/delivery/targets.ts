// Finds what a lane delivers to: Statsig's events, lists or deletions, a target of the outbound settings, or the log of a dry run.

import type { CompiledOutbound } from '../workspace/compiled-outbound.js';
import { DRY_RUN_TARGET } from '../workspace/compiled-outbound.js';
import type { CompiledWorkspace } from '../workspace/compiled-workspace.js';
import type { Deletions } from './deletions/deletions.js';
import type { DeliveryTarget } from './dispatcher/delivery-target.js';
import type { IdLists } from './id-lists/id-lists.js';
import { DELETIONS_TARGET, isIntoStatsig, listOfTarget, STATSIG_TARGET } from './outbox/lane-id.js';
import { dryRunTarget } from './segment/dry-run-target.js';
import type { SegmentTargets } from './segment/segment-targets.js';
import { type StatsigTargetOptions, statsigTarget } from './statsig/statsig-target.js';

/** What targets are found with. */
export interface TargetDeps {
  /** The workspace's settings as they are now, compiled; `undefined` when it is gone. */
  readonly workspace: (id: string) => CompiledWorkspace | undefined;
  readonly outbound: (id: string) => CompiledOutbound | undefined;
  readonly statsig: StatsigTargetOptions;
  readonly segment: SegmentTargets;
  readonly idLists: Pick<IdLists, 'targetOf'>;
  readonly deletions: Pick<Deletions, 'targetOf'>;
}

/** @returns `undefined` from the look-up when the workspace or its target is gone */
export function createTargets({ workspace, outbound, statsig, segment, idLists, deletions }: TargetDeps) {
  function findInStatsig(workspaceId: string, name: string): DeliveryTarget | undefined {
    const found = workspace(workspaceId);
    if (found === undefined) return undefined;
    if (name === STATSIG_TARGET) return statsigTarget(found, statsig);
    if (name === DELETIONS_TARGET) return deletions.targetOf(found);
    const listId = listOfTarget(name);
    return listId === undefined ? undefined : found.audiences && idLists.targetOf(found.audiences, listId);
  }

  return (workspaceId: string, name: string): DeliveryTarget | undefined => {
    if (isIntoStatsig(name)) return findInStatsig(workspaceId, name);
    if (name === DRY_RUN_TARGET) return outbound(workspaceId) && dryRunTarget(workspaceId, statsig);
    const target = outbound(workspaceId)?.targets.find((each) => each.name === name);
    return target && segment.targetOf(target);
  };
}
