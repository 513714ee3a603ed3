// Remembers which targets refuse our keys: their dead letters may be gone, or not seen yet, while nothing goes out.

import type { EpochMs } from '../../base/time.js';
import { DELETIONS_TARGET, kindOfTarget, STATSIG_TARGET } from '../../outbox/lane-id.js';
import type { Metrics } from '../metrics.js';

/** A target that has refused a key since it last took anything. */
export interface RefusedKey {
  /** Empty for destinations of RudderStack that no settings document names. */
  readonly workspaceId: string;
  /** All ID lists of a workspace are one. */
  readonly target: string;
  /** rudder-server sends these requests, with the key of its destination. */
  readonly isRudderstacks: boolean;
  readonly status: number;
  readonly at: EpochMs;
  /** Events that were refused with it. */
  readonly events: number;
}

const REFUSALS: ReadonlySet<number> = new Set([401, 403]);

/** What targets have said of keys. */
export class TargetAnswers {
  readonly #refused = new Map<string, RefusedKey>();
  readonly #now: () => EpochMs;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** Those that are refused still. */
  get refused(): readonly RefusedKey[] {
    return [...this.#refused.values()];
  }

  /** Their settings changed: whether the new key is right is not known. */
  forget(workspaceIds: readonly string[]): void {
    for (const [key, { workspaceId }] of this.#refused)
      if (workspaceIds.includes(workspaceId)) this.#refused.delete(key);
  }

  /** The metrics; what they are told is looked at, too. */
  readonly observe = (metrics: Metrics): Metrics => ({
    ...metrics,
    countOutcome: (outcome) => {
      metrics.countOutcome(outcome);
      const { kind, workspaceId, target, deliveries, status = 0 } = outcome;
      const of = { workspaceId, target: kindOfTarget(target), isRudderstacks: false };
      this.#note(of, kind === 'delivered', status, deliveries.length);
    },
    countDelivered: (stage, tally) => {
      metrics.countDelivered(stage, tally);
      const target = stage === 'proxy' ? STATSIG_TARGET : DELETIONS_TARGET;
      for (const { workspaceId, outcome, verdict, jobs } of tally.counts)
        this.#note({ workspaceId, target, isRudderstacks: true }, outcome === 'delivered', verdict.status, jobs);
    },
  });

  #note(
    of: Pick<RefusedKey, 'workspaceId' | 'target' | 'isRudderstacks'>,
    isDelivered: boolean,
    status: number,
    events: number,
  ): void {
    const isRefused = REFUSALS.has(status);
    if (!isRefused && (!isDelivered || this.#refused.size === 0)) return;
    const key = `${of.workspaceId}/${of.target}/${of.isRudderstacks}`;
    if (isRefused) {
      const before = this.#refused.get(key)?.events ?? 0;
      this.#refused.set(key, { ...of, status, at: this.#now(), events: before + events });
    } else this.#refused.delete(key);
  }
}
