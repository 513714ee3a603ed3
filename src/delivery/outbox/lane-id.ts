// Names a lane: one target of one workspace.

/** `shop/statsig`. Neither part holds a slash. */
export type LaneId = `${string}/${string}`;

/** The target of events on their way into Statsig. */
export const STATSIG_TARGET = 'statsig';

/** The lane of a workspace's target. */
export function laneId(workspaceId: string, target: string): LaneId {
  return `${workspaceId}/${target}`;
}

/** The parts of a lane's name. */
export function partsOfLane(lane: LaneId): { readonly workspaceId: string; readonly target: string } {
  const slash = lane.lastIndexOf('/');
  return { workspaceId: lane.slice(0, slash), target: lane.slice(slash + 1) };
}
