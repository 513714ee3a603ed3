// Finds out who is to blame when a target refuses events that stand alone: these events, or the target.
//
// What is refused alone is a suspect, and stays claimed until the target takes anything else: then it is to blame. A target that takes nothing, or a gateway in between that answers 400 to
// everything, would make dead letters of all that waits. So after some suspects in a row it is the target that is blamed: they go back, in order, and the circuit is opened.

import type { Delivery, Settlement } from '../outbox/outbox.js';
import type { Attempted } from './batch-attempt.js';
import { counted, type DeadSettlement, type DecisionLimits, isExhausted, putBack } from './batch-decision.js';
import { MOST_BELIEVED, MOST_REFUSALS } from './refusals.js';

/** An event that was refused although it stood alone. */
export interface Suspect {
  /** Its try is not counted yet. */
  readonly delivery: Delivery;
  /** What it becomes when it is to blame. */
  readonly guilty: DeadSettlement;
  readonly answer: Attempted['answer'];
}

/** What the try came to in the light of the suspects. */
export interface Weighed {
  readonly attempted: Attempted;
  /** To be given to the next call, as long as something of the same claim is left. */
  readonly suspects: readonly Suspect[];
  /** Those who are to blame. */
  readonly guilty: readonly Suspect[];
}

/** How many events each host has refused in a row although they stood alone, with nothing accepted from any lane in between. */
export type HostRefusals = Map<string, number>;

/** A try. */
export interface Evidence {
  readonly attempted: Attempted;
  /** Held so far. */
  readonly suspects: readonly Suspect[];
  /** Nothing of the same claim is left to be sent. */
  readonly isLast: boolean;
  /** The target's. */
  readonly host: string | undefined;
}

/** What a lane knows of its target. */
export interface Jury {
  weigh(evidence: Evidence, limits: DecisionLimits): Weighed;
  /** How many events may be tried one by one while the target is blamed; 0 while it is not. */
  readonly depth: number;
  /** Whether it knows something that would be missed. */
  readonly isAware: boolean;
  /** It is another target. */
  reset(): void;
}

/**
 * While the target is blamed, 1, 4, 16, then 64 events are tried one by one, once in each pause of the circuit: one is enough to see that the target is back, and more than one to get past guilty
 * ones at the head of the lane.
 */
const DEEPER = 4;
const MOST_DEPTH = 64;

const BLAMED = 'It refuses each event even alone, so that the target is taken to be at fault, and the events wait.';

/** What a process that holds suspects gives back. */
export function putBackSuspects(suspects: readonly Suspect[]): Settlement[] {
  return putBack(counted(suspects.map(({ delivery }) => delivery)));
}

/** @param hostRefusals of all lanes: a gateway that refuses everything refuses it to each of them */
export function createJury(hostRefusals: HostRefusals): Jury {
  /** Suspects in a row, with nothing accepted in between; those whose guilt was believed included. */
  let refusals = 0;
  let depth = 0;

  function reset(): void {
    refusals = 0;
    depth = 0;
  }

  /** An outage is no event's fault, and neither is this: it is given up when it was tried often and for long. */
  function blameTarget(attempted: Attempted, suspects: readonly Suspect[], limits: DecisionLimits): Weighed {
    if (depth === 0) depth = 1;
    else if (refusals >= depth) depth = Math.min(MOST_DEPTH, depth * DEEPER);
    refusals = 0;
    const guilty = suspects.filter(({ delivery }) => isExhausted(delivery, limits));
    const waiting = suspects.filter((suspect) => !guilty.includes(suspect));
    const settlements = [...putBackSuspects(waiting), ...putBack(attempted.parts.flat())];
    const message = `${attempted.answer.message} ${BLAMED}`;
    const answer = { ...attempted.answer, message };
    return { attempted: { ...attempted, settlements, parts: [], reading: 'refused', answer }, suspects: [], guilty };
  }

  /** In a row, of the lane or of all lanes of the host. */
  function refusalsAt(host: string): number {
    return Math.max(refusals, host === '' ? 0 : (hostRefusals.get(host) ?? 0));
  }

  return {
    weigh({ attempted, suspects: before, isLast, host = '' }, limits) {
      const { refused, reading, settlements, answer } = attempted;
      if (settlements.some(({ kind }) => kind === 'delivered')) {
        reset();
        hostRefusals.delete(host);
        return { attempted, suspects: [], guilty: before };
      }
      const suspects = refused === undefined ? before : [...before, { ...refused, answer }];
      if (refused !== undefined) {
        refusals += 1;
        hostRefusals.set(host, (hostRefusals.get(host) ?? 0) + 1);
        if (depth > 0 ? refusals >= depth : refusalsAt(host) >= MOST_REFUSALS)
          return blameTarget(attempted, suspects, limits);
      }
      if (reading === 'refused' || !isLast || suspects.length === 0) return { attempted, suspects, guilty: [] };
      // Nothing is left that could show whether it takes others. A few are believed.
      const isBelieved = depth === 0 && refusalsAt(host) <= MOST_BELIEVED;
      return isBelieved ? { attempted, suspects: [], guilty: suspects } : blameTarget(attempted, suspects, limits);
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
