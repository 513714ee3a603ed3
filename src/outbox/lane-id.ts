// Names a lane: one target of one workspace.

/** `shop/statsig`. Neither part holds a slash. */
export type LaneId = `${string}/${string}`;

/** The target of events on their way into Statsig. */
export const STATSIG_TARGET = 'statsig';

const LIST_PREFIX = 'statsig-list-';

/** The target of deletion requests. */
export const DELETIONS_TARGET = 'statsig-deletions';

/** The target of changes of an ID list. */
export function listTarget(listId: string): string {
  return `${LIST_PREFIX}${listId}`;
}

/** The list that a target stands for; `undefined` where it is none. */
export function listOfTarget(target: string): string | undefined {
  return target.startsWith(LIST_PREFIX) ? target.slice(LIST_PREFIX.length) : undefined;
}

const DRY_RUN_PREFIX = 'statsig-dry-run';

/**
 * The target of what is accepted as a dry run of another one, so that neither is ever taken for the other: what was accepted for delivery is never only shown,
 * and what was only to be shown is never delivered.
 */
export function dryRunOf(target: string): string {
  return `${DRY_RUN_PREFIX}${target.slice(STATSIG_TARGET.length)}`;
}

/** The target that one of a dry run stands for; `undefined` where it is none. */
export function shownByDryRun(target: string): string | undefined {
  return target.startsWith(DRY_RUN_PREFIX) ? `${STATSIG_TARGET}${target.slice(DRY_RUN_PREFIX.length)}` : undefined;
}

const LIST_PREFIXES: readonly string[] = [LIST_PREFIX, dryRunOf(LIST_PREFIX)];

/** The target, with all ID lists as one: which of those there are, events decide, and a label of a metric must not come from them. */
export function kindOfTarget(target: string): string {
  const prefix = LIST_PREFIXES.find((each) => target.startsWith(each));
  return prefix === undefined ? target : prefix.slice(0, -1);
}

/** True for the targets that are Statsig: events, ID lists, deletions. Names of outbound targets never begin so. */
export function isIntoStatsig(target: string): boolean {
  return target.startsWith(STATSIG_TARGET);
}

/** The parts of a lane's name. */
export interface LaneParts {
  readonly workspaceId: string;
  readonly target: string;
}

/** The lane that was named last: most events come one after another for the same one. */
let last: { readonly lane: LaneId; readonly parts: LaneParts } = { lane: '/', parts: { workspaceId: '', target: '' } };

/** The lane of a workspace's target. */
export function laneId(workspaceId: string, target: string): LaneId {
  const { parts } = last;
  if (workspaceId !== parts.workspaceId || target !== parts.target)
    last = { lane: `${workspaceId}/${target}`, parts: { workspaceId, target } };
  return last.lane;
}

/** The parts of a lane's name. */
export function partsOfLane(lane: LaneId): LaneParts {
  if (lane !== last.lane) {
    const slash = lane.lastIndexOf('/');
    last = { lane, parts: { workspaceId: lane.slice(0, slash), target: lane.slice(slash + 1) } };
  }
  return last.parts;
}
