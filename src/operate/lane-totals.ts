// Adds up how lanes stand, for gauges: one of all ID lists of a workspace.

import type { EpochMs } from '../base/time.js';
import { kindOfTarget } from '../outbox/lane-id.js';
import type { LaneStatus } from '../outbox/outbox.js';

/** Lanes that are counted as one. */
export interface LaneTotals {
  readonly workspaceId: string;
  readonly target: string;
  waiting: number;
  deadLetters: number;
  /** Infinity when nothing waits. */
  oldestAcceptedAt: EpochMs;
}

/** @returns one for each workspace and kind of target */
export function addUpLanes(lanes: readonly LaneStatus[]): Iterable<LaneTotals> {
  const all = new Map<string, LaneTotals>();
  for (const { workspaceId, target: name, waiting, deadLetters, oldestAcceptedAt } of lanes) {
    const target = kindOfTarget(name);
    const key = `${workspaceId}/${target}`;
    let totals = all.get(key);
    if (totals === undefined) {
      totals = { workspaceId, target, waiting: 0, deadLetters: 0, oldestAcceptedAt: Number.POSITIVE_INFINITY };
      all.set(key, totals);
    }
    totals.waiting += waiting;
    totals.deadLetters += deadLetters;
    totals.oldestAcceptedAt = Math.min(totals.oldestAcceptedAt, oldestAcceptedAt ?? Number.POSITIVE_INFINITY);
  }
  return all.values();
}
