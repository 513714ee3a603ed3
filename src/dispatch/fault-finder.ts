// Finds out who is to blame when a target refuses events that stand alone: these events, or the target.
//
// What is refused alone stays claimed until the target takes anything else: then it is to blame. A target that takes nothing, or a gateway in between that answers 400 to
// everything, would make dead letters of all that waits. So after some of these in a row it is the target that is blamed: they go back, in order, and the circuit is opened.

import type { Delivery, Settlement } from '../outbox/outbox.js';
import type { Attempted } from './batch-attempt.js';
import { counted, type DeadSettlement, type DecisionLimits, isExhausted, putBack } from './batch-decision.js';

/**
 * So many events in a row that were refused although each stood alone, with nothing accepted in between, are the target's doing or that of a gateway before it. More is not tried: to find one
 * bad event among 1,000 takes a single refusal.
 */
export const MOST_REFUSALS = 16;

/** So many of them are believed to be to blame when nothing else is left that could show whether the target takes anything. */
const MOST_BELIEVED = 5;

/** An event that was refused although it stood alone. */
export interface RefusedAlone {
  /** Its try is not counted yet. */
  readonly delivery: Delivery;
  /** What it becomes when it is to blame. */
  readonly dead: DeadSettlement;
  readonly answer: Attempted['answer'];
}

/** What the try came to in the light of what was refused before. */
export interface Attribution {
  readonly attempted: Attempted;
  /** To be given to the next call, as long as something of the same claim is left. */
  readonly refusedAlone: readonly RefusedAlone[];
  /** Those who are to blame. */
  readonly rejected: readonly RefusedAlone[];
}

/** How many events each host has refused in a row although they stood alone, with nothing accepted from any lane in between. */
export type HostRefusals = Map<string, number>;

/** A try. */
export interface Evidence {
  readonly attempted: Attempted;
  /** Held so far. */
  readonly refusedAlone: readonly RefusedAlone[];
  /** Nothing of the same claim is left to be sent. */
  readonly isLast: boolean;
  /** The target's. */
  readonly host: string | undefined;
}

/** What a lane knows of its target. */
export interface FaultFinder {
  attribute(evidence: Evidence, limits: DecisionLimits): Attribution;
  /** How many events may be tried one by one while the target is blamed; 0 while it is not. */
  readonly depth: number;
  /** Whether it knows something that would be missed. */
  readonly isAware: boolean;
  /** It is another target. */
  reset(): void;
}

/**
 * While the target is blamed, 1, 4, 16, then 64 events are tried one by one, once in each pause of the circuit: one is enough to see that the target is back, and more than one to get past bad
 * ones at the head of the lane.
 */
const DEEPER = 4;
const MOST_DEPTH = 64;

const BLAMED = 'It refuses each event even alone, so that the target is taken to be at fault, and the events wait.';

/** What a process that holds such events gives back. */
export function putBackRefused(refusedAlone: readonly RefusedAlone[]): Settlement[] {
  return putBack(counted(refusedAlone.map(({ delivery }) => delivery)));
}

/** @param hostRefusals of all lanes: a gateway that refuses everything refuses it to each of them */
export function createFaultFinder(hostRefusals: HostRefusals): FaultFinder {
  /** Refused alone in a row, with nothing accepted in between; those that were taken to be at fault included. */
  let refusals = 0;
  let depth = 0;

  function reset(): void {
    refusals = 0;
    depth = 0;
  }

  /** An outage is no event's fault, and neither is this: it is given up when it was tried often and for long. */
  function blameTarget(
    attempted: Attempted,
    refusedAlone: readonly RefusedAlone[],
    limits: DecisionLimits,
  ): Attribution {
    if (depth === 0) depth = 1;
    else if (refusals >= depth) depth = Math.min(MOST_DEPTH, depth * DEEPER);
    refusals = 0;
    const rejected = refusedAlone.filter(({ delivery }) => isExhausted(delivery, limits));
    const waiting = refusedAlone.filter((each) => !rejected.includes(each));
    const settlements = [...putBackRefused(waiting), ...putBack(attempted.parts.flat())];
    const message = `${attempted.answer.message} ${BLAMED}`;
    const answer = { ...attempted.answer, message };
    return {
      attempted: { ...attempted, settlements, parts: [], reading: 'refused', answer },
      refusedAlone: [],
      rejected,
    };
  }

  /** In a row, of the lane or of all lanes of the host. */
  function refusalsAt(host: string | undefined): number {
    return Math.max(refusals, host === undefined ? 0 : (hostRefusals.get(host) ?? 0));
  }

  return {
    attribute({ attempted, refusedAlone: before, isLast, host }, limits) {
      const { refused, reading, settlements, answer } = attempted;
      if (settlements.some(({ kind }) => kind === 'delivered')) {
        reset();
        if (host !== undefined) hostRefusals.delete(host);
        return { attempted, refusedAlone: [], rejected: before };
      }
      const refusedAlone = refused === undefined ? before : [...before, { ...refused, answer }];
      if (refused !== undefined) {
        refusals += 1;
        if (host !== undefined) hostRefusals.set(host, (hostRefusals.get(host) ?? 0) + 1);
        if (depth > 0 ? refusals >= depth : refusalsAt(host) >= MOST_REFUSALS)
          return blameTarget(attempted, refusedAlone, limits);
      }
      if (reading === 'refused' || !isLast || refusedAlone.length === 0)
        return { attempted, refusedAlone, rejected: [] };
      // Nothing is left that could show whether it takes others. A few are believed.
      const isBelieved = depth === 0 && refusalsAt(host) <= MOST_BELIEVED;
      return isBelieved
        ? { attempted, refusedAlone: [], rejected: refusedAlone }
        : blameTarget(attempted, refusedAlone, limits);
    },
    get depth() {
      return depth;
    },
    get isAware() {
      return refusals > 0 || depth > 0;
    },
    reset,
  };
}
