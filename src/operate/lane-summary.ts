// Says how thousands of lanes stand in a few lines: how many there are, and the worst of them.

import type { EpochMs } from '../base/time.js';
import type { DispatcherStatus, LaneReport } from '../dispatch/dispatcher-options.js';
import type { LaneStatus, OutboxStatus } from '../outbox/outbox.js';

/** Lanes that are shown. */
const MAX_SHOWN = 20;

/** Characters of an answer that are shown; it stands whole in the dead letters. */
const MAX_PROBLEM = 200;

/** Later than any time. */
const NEVER: EpochMs = Number.MAX_SAFE_INTEGER;

function worst<T>(lanes: readonly T[], badness: (lane: T) => number): readonly T[] {
  const ranked = lanes.map((lane) => ({ lane, rank: badness(lane) }));
  return ranked
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MAX_SHOWN)
    .map(({ lane }) => lane);
}

/** What has waited longest comes first; lanes in which nothing waits come last. */
function badnessOfQueue({ oldestAcceptedAt = NEVER }: LaneStatus): number {
  return -oldestAcceptedAt;
}

function badnessOfLane({ circuit, problem, pausedUntil = 0 }: LaneReport): number {
  return (circuit === 'closed' ? 0 : 4) + (problem === undefined ? 0 : 2) + (pausedUntil > 0 ? 1 : 0);
}

function shorten<T extends { readonly problem?: string }>(lane: T): T {
  return lane.problem === undefined ? lane : { ...lane, problem: lane.problem.slice(0, MAX_PROBLEM) };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** The outbox with at most twenty of its lanes: those in which something has waited longest. */
export function summariseOutbox({ lanes, ...outbox }: OutboxStatus) {
  return {
    ...outbox,
    waiting: outbox.counts === 'unknown' ? 'unknown' : sum(lanes.map(({ waiting }) => waiting)),
    deadLetters: outbox.counts === 'unknown' ? 'unknown' : sum(lanes.map(({ deadLetters }) => deadLetters)),
    laneCount: lanes.length,
    lanes: worst(lanes, badnessOfQueue),
  };
}

/** Hosts that do not answer, and at most twenty lanes: those whose targets take nothing, then those with any other problem. */
export function summariseLanes({ lanes, hosts }: DispatcherStatus) {
  return {
    hosts: hosts.slice(0, MAX_SHOWN).map(shorten),
    laneCount: lanes.length,
    lanesOpen: lanes.filter(({ circuit }) => circuit !== 'closed').length,
    lanes: worst(lanes, badnessOfLane).map(shorten),
  };
}
