// What sends the requests of a lane, one at a time: what it holds, and how it sleeps.

import type { EpochMs } from '../base/time.js';
import type { Outbox } from '../outbox/outbox.js';
import { type After, type Alarm, createAlarm } from './alarm.js';
import { putBack } from './batch-decision.js';
import type { Part } from './delivery-target.js';
import { putBackRefused, type RefusedAlone } from './fault-finder.js';

/** Forgets what a worker holds: it is the next owner's of the lane. */
export function forgetHeld(worker: LaneWorker): void {
  worker.parts = [];
  worker.refusedAlone = [];
  worker.prefetched = [];
}

/** When to send next. */
export interface Plan {
  readonly at: EpochMs;
  /** Nothing forbids to send, the batch just isn't full. */
  readonly isLingering: boolean;
  /** What else ends the sleep. @param ring to be called then @returns ends the wait for it */
  readonly wait?: (ring: () => void) => () => void;
}

/** One of the requests a lane may have under way. */
export interface LaneWorker {
  readonly alarm: Alarm;
  /** Parts of one request that are claimed and not settled: more than one once it was taken apart. */
  parts: readonly Part[];
  /** Events of the same claim that were refused alone. Held only while parts are left. */
  refusedAlone: readonly RefusedAlone[];
  /** What was claimed with it for the requests after it. Held only while the worker has a permit, and given back when not all goes well. */
  prefetched: readonly Part[];
  /** What it sleeps for; absent while it works. */
  readonly sleep: Plan | undefined;
  /** Sleeps until then, or until the alarm is rung. */
  sleepUntil(plan: Plan): Promise<void>;
}

export function createLaneWorker(now: () => EpochMs, after: After): LaneWorker {
  const alarm = createAlarm(now, after);
  let sleep: Plan | undefined;
  return {
    alarm,
    parts: [],
    refusedAlone: [],
    prefetched: [],
    get sleep() {
      return sleep;
    },
    async sleepUntil(plan) {
      sleep = plan;
      const leave = plan.wait?.(alarm.ring);
      await alarm.until(plan.at);
      leave?.();
      sleep = undefined;
    },
  };
}

/**
 * Puts back what a worker holds while it sleeps.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE: it holds it still
 */
export async function putBackIfAsleep(worker: LaneWorker, outbox: Pick<Outbox, 'settle'>): Promise<void> {
  const { parts, refusedAlone, sleep } = worker;
  if (sleep === undefined || parts.length === 0) return;
  worker.parts = [];
  worker.refusedAlone = [];
  try {
    await outbox.settle([...putBackRefused(refusedAlone), ...putBack(parts.flat())]);
  } catch (error) {
    worker.parts = [...parts, ...worker.parts];
    worker.refusedAlone = [...refusedAlone, ...worker.refusedAlone];
    throw error;
  }
}
