// Follows what was put back: whether it was delivered, or given up once more.

import { randomUUID } from 'node:crypto';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryOutcome, DispatcherStatus } from '../../dispatch/dispatcher-options.js';
import type { LaneId } from '../../outbox/lane-id.js';
import type { FailedAgain, RedeliveryReport } from './shapes.js';

/** Deliveries that are followed one by one, of all redeliveries together: some 10 MB. */
const MAX_FOLLOWED = 50_000;

/** Redeliveries that can be asked about. */
const MAX_KEPT = 100;

/** Lanes of one redelivery of which it is told what holds them up. */
const MAX_LANES = 100;

/** Groups of those that failed again, of one redelivery. */
const MAX_FAILED_GROUPS = 100;

interface Redelivery {
  readonly id: string;
  readonly at: EpochMs;
  redelivered: number;
  delivered: number;
  waiting: number;
  notFollowed: number;
  readonly failed: Map<string, FailedAgain>;
  readonly lanes: Set<LaneId>;
}

/** Bounds, for tests. */
export interface RedeliveryLimits {
  readonly maxFollowed: number;
  readonly maxKept: number;
}

/** Redeliveries of the process. In memory: after a restart nothing is known of them, and what was put back is delivered all the same. */
export class Redeliveries {
  readonly #now: () => EpochMs;
  readonly #limits: RedeliveryLimits;
  readonly #isAlone: boolean;
  /** The oldest first. */
  readonly #kept = new Map<string, Redelivery>();
  /** By key of the delivery. */
  readonly #followed = new Map<string, Redelivery>();

  /** @param isAlone false where other replicas deliver, too: what became of a delivery of theirs is not told here */
  constructor(
    now: () => EpochMs,
    isAlone = true,
    limits: RedeliveryLimits = { maxFollowed: MAX_FOLLOWED, maxKept: MAX_KEPT },
  ) {
    this.#now = now;
    this.#isAlone = isAlone;
    this.#limits = limits;
  }

  /** @param id of one that goes on; of one that is not known any more a new one begins */
  begin(id?: string): string {
    if (id !== undefined && this.#kept.has(id)) return id;
    const redelivery: Redelivery = {
      ...{ id: randomUUID(), at: this.#now(), redelivered: 0, delivered: 0, waiting: 0, notFollowed: 0 },
      failed: new Map(),
      lanes: new Set(),
    };
    this.#kept.set(redelivery.id, redelivery);
    const [oldest] = this.#kept.values();
    if (this.#kept.size > this.#limits.maxKept && oldest !== undefined) this.#forget(oldest);
    return redelivery.id;
  }

  #forget(redelivery: Redelivery): void {
    this.#kept.delete(redelivery.id);
    for (const [key, each] of this.#followed) if (each === redelivery) this.#followed.delete(key);
  }

  /** One more was put back. @param key of the delivery that it is now */
  add(id: string, lane: LaneId, key: string): void {
    const redelivery = this.#kept.get(id);
    if (redelivery === undefined) return;
    redelivery.redelivered += 1;
    if (redelivery.lanes.size < MAX_LANES) redelivery.lanes.add(lane);
    if (this.#followed.size >= this.#limits.maxFollowed) {
      redelivery.notFollowed += 1;
      return;
    }
    this.#followed.set(key, redelivery);
    redelivery.waiting += 1;
  }

  /** Costs nothing while nothing is followed. */
  note({ kind, deliveries, workspaceId, target, reason = '', status, message }: DeliveryOutcome): void {
    if (this.#followed.size === 0 || kind === 'retry') return;
    for (const { key } of deliveries) {
      const redelivery = this.#followed.get(key);
      if (redelivery === undefined) continue;
      this.#followed.delete(key);
      redelivery.waiting -= 1;
      if (kind === 'delivered') {
        redelivery.delivered += 1;
        continue;
      }
      const name = JSON.stringify([workspaceId, target, reason, status]);
      const same = redelivery.failed.get(name);
      if (same === undefined && redelivery.failed.size >= MAX_FAILED_GROUPS) continue;
      const group = { workspaceId, target, reason, ...(status !== undefined && { status }), answer: message };
      redelivery.failed.set(name, { ...group, count: (same?.count ?? 0) + 1 });
    }
  }

  /**
   * @param lanes how they stand
   * @param countWaiting how many deliveries of a lane wait: where none does, what was followed there was taken out by somebody
   * @returns `undefined` for one that is not known, or not any more
   */
  report(
    id: string,
    lanes: DispatcherStatus['lanes'],
    countWaiting: (lane: LaneId) => number,
  ): RedeliveryReport | undefined {
    const found = this.#kept.get(id);
    if (found === undefined) return undefined;
    const { at, redelivered, delivered, waiting, notFollowed, failed } = found;
    const isDrained = [...found.lanes].every((lane) => countWaiting(lane) === 0);
    const held = lanes.filter(
      ({ lane, circuit, problem, pausedUntil }) =>
        found.lanes.has(lane) && (circuit !== 'closed' || problem !== undefined || pausedUntil !== undefined),
    );
    const left = isDrained ? waiting : 0;
    return {
      ...{ id, at, redelivered, delivered },
      failedAgain: [...failed.values()],
      waiting: waiting - left,
      gone: this.#isAlone ? left : 0,
      notFollowed: notFollowed + (this.#isAlone ? 0 : left),
      lanes: waiting === 0 ? [] : held.map(({ lane: _, inFlight: __, ...each }) => each),
    };
  }
}
