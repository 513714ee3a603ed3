// Decides what becomes of a batch once its target's answer is judged. One pure function.

import type { EpochMs } from '../base/time.js';
import { type RefusalReason, refusalReason, type Verdict } from '../call/verdict.js';
import type { Delivery, Settlement } from '../outbox/outbox.js';
import type { Reading } from './circuit.js';
import type { Part } from './delivery-target.js';
import { retryDelay } from './retry-policy.js';

/** Statuses that blame an event, which is looked for by halving; any other permanent one blames the key or the URL, so that the next request would fare no better. */
const EVENT_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);

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
  /** Milliseconds after an event was accepted before which it is not given up for its attempts. */
  readonly retryWindowMs: number;
  /** Failed requests in a row of the lane, this one included if it failed. */
  readonly failures: number;
  readonly now: EpochMs;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** What is to be done. */
export interface Decision {
  readonly settlements: readonly Settlement[];
  /** What was sent in vain and stays claimed, to be sent again with `parts`. */
  readonly failed: Part;
  /** To be sent next, in this order. */
  readonly parts: readonly Part[];
  /** What was sent, when the target refused it although it stood alone: not settled, because it may be the target that is to blame. */
  readonly refused?: { readonly delivery: Delivery; readonly dead: DeadSettlement };
  /** The lane sends nothing before. */
  readonly pauseUntil?: EpochMs;
  readonly reading: Reading;
}

/** `attempts_exhausted`: it was tried long enough; else what the target said of it. */
export type DeathReason = RefusalReason | 'attempts_exhausted';

/** Tries of an event to which the target says neither yes nor no: each of them may have been taken. */
const MAX_UNCLEAR = 10;

/** A dead letter to be. */
export type DeadSettlement = Extract<Settlement, { readonly kind: 'dead' }>;

function deadLetter(
  delivery: Delivery,
  reason: DeathReason,
  { status, message }: Pick<Verdict, 'status' | 'message'>,
): DeadSettlement {
  return { kind: 'dead', delivery: { ...delivery, attempts: delivery.attempts + 1 }, reason, status, answer: message };
}

function dead(deliveries: Part, reason: DeathReason, verdict: Verdict): DeadSettlement[] {
  return deliveries.map((delivery) => deadLetter(delivery, reason, verdict));
}

/** Whether one more try in vain is the last one: an outage is no event's fault, so that it has to be tried often and for long. */
export function isExhausted(
  { attempts, acceptedAt }: Delivery,
  { maxAttempts, retryWindowMs, now }: Pick<DecisionLimits, 'maxAttempts' | 'retryWindowMs' | 'now'>,
): boolean {
  return attempts + 1 >= maxAttempts && now - acceptedAt >= retryWindowMs;
}

/** The events go back to their places. The wait is the lane's. */
export function putBack(deliveries: Part): Settlement[] {
  return deliveries.map((delivery) => ({ kind: 'putBack', delivery }));
}

/** The deliveries with one more try behind them. */
export function counted(deliveries: Part): Part {
  return deliveries.map((delivery) => ({ ...delivery, attempts: delivery.attempts + 1 }));
}

function halves(sent: Part): readonly Part[] {
  const middle = Math.ceil(sent.length / 2);
  return [sent.slice(0, middle), sent.slice(middle)];
}

/** Only what was sent has had a try. It stays claimed with the parts behind it, so that a search for a bad event goes on where it was. */
export function decide({ sent, rest, verdict, retryAfter }: JudgedBatch, limits: DecisionLimits): Decision {
  const { failures, now, random } = limits;
  const { kind, status } = verdict;
  const answered = { failed: [], reading: 'answered' } as const;
  switch (kind) {
    case 'delivered':
      return { ...answered, settlements: sent.map((delivery) => ({ kind: 'delivered', delivery })), parts: rest };
    case 'split':
    case 'isolate':
      return { ...answered, settlements: [], parts: [...halves(sent), ...rest] };
    case 'failed': {
      if (EVENT_FAULTS.has(status) && sent.length > 1)
        return { ...answered, settlements: [], parts: [...halves(sent), ...rest] };
      const reason = refusalReason(verdict);
      const [delivery] = sent;
      if (EVENT_FAULTS.has(status) && !verdict.isOurs && delivery !== undefined)
        return {
          ...answered,
          settlements: [],
          parts: rest,
          refused: { delivery, dead: deadLetter(delivery, reason, verdict) },
        };
      const settlements = dead(sent, reason, verdict);
      if (EVENT_FAULTS.has(status)) return { ...answered, settlements, parts: rest };
      return { settlements: [...settlements, ...putBack(rest.flat())], failed: [], parts: [], reading: 'refused' };
    }
    case 'unclear': {
      // Whatever else is sent may come twice as well, so that one event finds out.
      const isUnconfirmed = ({ attempts }: Delivery) => attempts + 1 >= MAX_UNCLEAR;
      const settlements = dead(sent.filter(isUnconfirmed), 'unconfirmed', verdict);
      const waiting = [...counted(sent.filter((delivery) => !isUnconfirmed(delivery))), ...rest.flat()];
      return { settlements: [...settlements, ...putBack(waiting)], failed: [], parts: [], reading: 'refused' };
    }
    case 'retry': {
      const failed = counted(sent.filter((delivery) => !isExhausted(delivery, limits)));
      return {
        settlements: dead(
          sent.filter((delivery) => isExhausted(delivery, limits)),
          'attempts_exhausted',
          verdict,
        ),
        failed,
        parts: failed.length > 0 ? [failed, ...rest] : rest,
        pauseUntil: now + retryDelay({ attempts: failures, retryAfter, now, random }),
        reading: 'failed',
      };
    }
  }
}
