// Decides what becomes of a batch once Statsig's answer is judged. One pure function.

import type { Reading } from './circuit.js';
import type { Delivery, Settlement } from './outbox.js';
import { retryDelay } from './retry-policy.js';
import type { Verdict } from './verdict.js';

/** Deliveries that go out in one request. */
export type Part = readonly Delivery[];

/** What is known when the answer is in. */
export interface JudgedBatch {
  readonly sent: Part;
  /** Parts of the same claim that have not been sent on their own yet. */
  readonly rest: readonly Part[];
  readonly verdict: Verdict;
  readonly retryAfter: string | undefined;
}

/** What the decision depends on beside the answer. */
export interface DecisionLimits {
  readonly maxAttempts: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** What is to be done. */
export interface Decision {
  readonly settlements: readonly Settlement[];
  /** To be sent next, in this order. */
  readonly parts: readonly Part[];
  /** Milliseconds since the epoch before which the lane sends nothing. */
  readonly pauseUntil?: number;
  readonly reading: Reading;
}

/** `rejected`: Statsig will never take it. `too_large`: it does not fit a request even alone. */
export type DeathReason = 'rejected' | 'too_large' | 'attempts_exhausted';

/** Statuses that blame an event, which is looked for by halving; any other permanent one blames the key or the URL, so that the next batch would fare no better. */
const EVENT_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);

/** The outbox counts the try of what is put back; a dead letter it keeps as it is given. */
function dead(deliveries: Part, reason: DeathReason, answer: string): Settlement[] {
  return deliveries.map((delivery) => ({
    kind: 'dead',
    delivery: { ...delivery, attempts: delivery.attempts + 1 },
    reason,
    answer,
  }));
}

/**
 * The events go back as they were, due when they were due: were they due later, the events behind them would overtake them, and one user's events would
 * change places. The wait is the lane's.
 */
export function putBack(deliveries: Part): Settlement[] {
  return deliveries.map((delivery) => ({ kind: 'retry', delivery, dueAt: delivery.dueAt }));
}

function putBackOrGiveUp(deliveries: Part, answer: string, maxAttempts: number): Settlement[] {
  const isLast = ({ attempts }: Delivery) => attempts + 1 >= maxAttempts;
  return [
    ...dead(deliveries.filter(isLast), 'attempts_exhausted', answer),
    ...putBack(deliveries.filter((delivery) => !isLast(delivery))),
  ];
}

function halves(sent: Part): readonly Part[] {
  const middle = Math.ceil(sent.length / 2);
  return [sent.slice(0, middle), sent.slice(middle)];
}

/** The deliveries that wait in `rest` have had their try too, as a part of the request that was split. */
export function decide(
  { sent, rest, verdict, retryAfter }: JudgedBatch,
  { maxAttempts, now, random }: DecisionLimits,
): Decision {
  const { kind, status, message } = verdict;
  switch (kind) {
    case 'delivered':
      return {
        settlements: sent.map((delivery) => ({ kind: 'delivered', delivery })),
        parts: rest,
        reading: 'answered',
      };
    case 'split':
    case 'isolate':
      return { settlements: [], parts: [...halves(sent), ...rest], reading: 'answered' };
    case 'failed': {
      if (EVENT_FAULTS.has(status) && sent.length > 1)
        return { settlements: [], parts: [...halves(sent), ...rest], reading: 'answered' };
      const settlements = dead(sent, status === 413 ? 'too_large' : 'rejected', message);
      if (EVENT_FAULTS.has(status)) return { settlements, parts: rest, reading: 'answered' };
      return { settlements: [...settlements, ...putBack(rest.flat())], parts: [], reading: 'refused' };
    }
    case 'retry': {
      const attempts = Math.max(...sent.map((delivery) => delivery.attempts + 1));
      return {
        settlements: putBackOrGiveUp([...sent, ...rest.flat()], message, maxAttempts),
        parts: [],
        pauseUntil: now + retryDelay({ attempts, retryAfter, now, random }),
        reading: 'failed',
      };
    }
  }
}
