// Tries one batch once: sends it and turns what came back into a decision.

import type { Verdict } from '../call/verdict.js';
import type { LaneId } from '../outbox/lane-id.js';
import { counted, type Decision, type DecisionLimits, decide, putBack } from './batch-decision.js';
import type { DeliveryTarget, Part } from './delivery-target.js';
import { readRetryAfter } from './retry-policy.js';
import type { SendsUnderWay } from './sends-under-way.js';

/** What to try. */
export interface Attempt {
  readonly lane: LaneId;
  readonly target: DeliveryTarget;
  readonly batch: Part;
  /** Parts of the same claim that come after it. */
  readonly rest: readonly Part[];
}

/** What was answered. */
type Answer = Pick<Verdict, 'message'> & Partial<Pick<Verdict, 'status'>>;

/** What a try came to: the decision, and what was answered. */
export interface Attempted extends Decision {
  /** `status` is absent where no request was made. */
  readonly answer: Answer;
  /** What was answered to those that were delivered, where it is another. */
  readonly answerToDelivered?: Answer;
  /** What people should look at, although nothing failed. */
  readonly problem?: string;
  /** The answer said how long to wait. */
  readonly isAsked?: boolean;
}

/** @throws Error when no request can be made to the target; the message holds nothing secret */
export async function attemptBatch(
  sends: SendsUnderWay,
  { lane, target, batch, rest }: Attempt,
  limits: () => DecisionLimits,
): Promise<Attempted> {
  const sent = await sends.run(lane, (signal) => target.send(batch, signal));
  switch (sent.kind) {
    case 'judged': {
      const { verdict, retryAfter, accepted } = sent;
      const at = limits();
      const isAsked = readRetryAfter(retryAfter, at.now) !== undefined;
      const answered = { answer: verdict, isAsked };
      if (accepted === undefined) return { ...decide({ sent: batch, rest, verdict, retryAfter }, at), ...answered };
      const taken = new Set(accepted.part);
      const others = batch.filter((delivery) => !taken.has(delivery));
      const decision = decide({ sent: others, rest, verdict, retryAfter }, at);
      const delivered = accepted.part.map((delivery) => ({ kind: 'delivered' as const, delivery }));
      const settlements = [...delivered, ...decision.settlements];
      return { ...decision, ...answered, settlements, answerToDelivered: accepted.verdict };
    }
    case 'recorded': {
      const settlements = batch.map((delivery) => ({ kind: 'delivered' as const, delivery }));
      return { settlements, failed: [], parts: rest, reading: 'answered', answer: { message: 'dry run' } };
    }
    case 'later': {
      const parts = [batch, ...rest];
      return {
        settlements: [],
        failed: [],
        parts,
        pauseUntil: sent.at,
        reading: 'answered',
        answer: { message: 'to be given again' },
        ...(sent.why !== undefined && { problem: sent.why }),
      };
    }
    case 'aborted': {
      const settlements = putBack([...counted(batch), ...rest.flat()]);
      return {
        settlements,
        failed: [],
        parts: [],
        reading: 'failed',
        answer: { message: 'stopped before an answer came' },
      };
    }
  }
}
