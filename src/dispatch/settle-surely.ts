// Writes down what became of deliveries, and does not take no for an answer while the process runs.

import type { Logger } from '../base/logger.js';
import { messageOf } from '../base/system-error.js';
import type { EpochMs } from '../base/time.js';
import type { LaneId } from '../outbox/lane-id.js';
import type { Outbox, Settlement } from '../outbox/outbox.js';
import type { Alarm } from './alarm.js';
import { retryDelay } from './retry-policy.js';

/** What is needed to insist. */
export interface SettleContext {
  readonly lane: LaneId;
  readonly outbox: Outbox;
  readonly log: Logger;
  readonly now: () => EpochMs;
  readonly random: () => number;
  /** Of the one who waits; rung when the process stops, or the lane is lost. */
  readonly alarm: Alarm;
  readonly isEnding: () => boolean;
  /** Told when the outbox says that the lane is another's. */
  readonly onLost: () => void;
}

/**
 * What the target has must not be sent again, so that nothing else of the lane is done until it is written down. Only a stop ends this, and the loss of
 * the lane: then the deliveries are sent again, after the next start or by the replica that has the lane.
 *
 * @returns whether it is written down
 */
export async function settleSurely(settlements: readonly Settlement[], context: SettleContext): Promise<boolean> {
  if (settlements.length === 0) return true;
  const { lane, outbox, log, now, random, alarm, isEnding, onLost } = context;
  for (let attempts = 1; ; attempts += 1) {
    try {
      if ((await outbox.settle(settlements)) === 'settled') return true;
      onLost();
      return false;
    } catch (error) {
      const problem = messageOf(error);
      log.error({ lane, events: settlements.length, problem }, 'Cannot write down what became of deliveries');
    }
    const tryAt = now() + retryDelay({ attempts, retryAfter: undefined, now: now(), random });
    do {
      if (isEnding()) return false;
      alarm.reset();
      await alarm.until(tryAt);
    } while (now() < tryAt);
  }
}
