// Finds what a lane delivers to: Statsig's events, lists or deletions, a target of the outbound settings, or the log of a dry run.

import type { NoTarget } from '../dispatch/delivery-target.js';
import { DELETIONS_TARGET, isIntoStatsig, listOfTarget, STATSIG_TARGET, shownByDryRun } from '../outbox/lane-id.js';
import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import { DRY_RUN_TARGET } from '../transform/compiled-outbound.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { dryRunTarget } from './segment/dry-run.js';
import type { SegmentTargets } from './segment/target.js';
import type { StatedTarget } from './stated-target.js';
import type { Deletions } from './statsig-deletions/deletions.js';
import { type StatsigTargetOptions, statsigTarget } from './statsig-events/target.js';
import type { IdLists } from './statsig-lists/id-lists.js';

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

/** Finds where a lane delivers to now, or why it waits. */
export type TargetOf = (workspaceId: string, target: string) => StatedTarget | NoTarget;

/** Why a lane waits, and what to do. */
const GONE = 'no settings for this target: put the workspace back, or drop what waits (statsig-cdp waiting drop)';
const NO_TARGET =
  'no settings for this target: put it back in outbound.targets, or drop what waits (statsig-cdp waiting drop)';
const NO_SECRET_KEY = 'the workspace has no secretKey any more: set it';
const NO_CONSOLE_KEY = 'the workspace has no consoleKey any more: set it';
const PAUSED = 'paused by the settings';

function waits(why: string): NoTarget {
  return { kind: 'no target', why, ...((why === GONE || why === NO_TARGET) && { isUnknown: true }) };
}

/**
 * Finds where a lane delivers to now, as the settings are.
 *
 * @returns the look-up: the target of a workspace's lane, or why it waits and what to do
 */
export function createTargets({ workspace, outbound, statsig, segment, idLists, deletions }: TargetDeps): TargetOf {
  function inStatsig(found: CompiledWorkspace, name: string): StatedTarget | NoTarget {
    const listId = listOfTarget(name);
    if (listId !== undefined)
      return found.audiences?.consoleKey === undefined
        ? waits(NO_CONSOLE_KEY)
        : idLists.targetOf(found.audiences, listId);
    if (found.secretKey === undefined) return waits(NO_SECRET_KEY);
    if (name === STATSIG_TARGET) return statsigTarget(found, statsig);
    return name === DELETIONS_TARGET ? deletions.targetOf(found) : waits(GONE);
  }

  /** Shown, whatever the workspace has by now: no one was told that it would be sent. */
  function shown(found: CompiledWorkspace, name: string): StatedTarget | NoTarget {
    const listId = listOfTarget(name);
    if (name === STATSIG_TARGET) return statsigTarget({ ...found, secretKey: undefined }, statsig);
    if (name === DELETIONS_TARGET) return deletions.targetOf({ ...found, secretKey: undefined });
    return listId === undefined || found.audiences === undefined
      ? waits(GONE)
      : idLists.targetOf({ ...found.audiences, consoleKey: undefined }, listId);
  }

  function intoStatsig(workspaceId: string, name: string): StatedTarget | NoTarget {
    const found = workspace(workspaceId);
    if (found === undefined) return waits(GONE);
    if (found.isPaused) return waits(PAUSED);
    const shownName = shownByDryRun(name);
    return shownName === undefined ? inStatsig(found, name) : shown(found, shownName);
  }

  return (workspaceId, name) => {
    if (isIntoStatsig(name)) return intoStatsig(workspaceId, name);
    const found = outbound(workspaceId);
    if (found === undefined) return waits(GONE);
    if (found.isPaused) return waits(PAUSED);
    if (name === DRY_RUN_TARGET) return dryRunTarget(workspaceId, statsig);
    const target = found.targets.find((each) => each.name === name);
    return target === undefined ? waits(NO_TARGET) : segment.targetOf(target);
  };
}
