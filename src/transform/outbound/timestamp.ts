// Finds when an outbound event happened.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import { timeOf } from '../time.js';

/** When a call happened. */
export interface CallTime {
  /** ISO 8601 in UTC (Segment Spec, common fields). */
  readonly timestamp: string;
  /** True where the event says it in no way that can be used. */
  readonly isReplaced: boolean;
}

/**
 * The time of an event; without one that can be used, when it was received.
 *
 * @param timestamp as Statsig wrote it
 */
export function toCallTime(timestamp: unknown, receivedAt: EpochMs, trace?: Trace): CallTime {
  const ms = timeOf({ timestamp }, 'timestamp', receivedAt, trace);
  const isReplaced = ms === undefined && timestamp !== undefined && timestamp !== null;
  const found = new Date(ms ?? receivedAt).toISOString();
  const receipt = isReplaced ? 'when it was received (time_replaced)' : 'when it was received';
  const why = ms === undefined ? receipt : 'timestamp';
  trace?.add('time', `timestamp = ${found}`, why);
  trace?.origin(['timestamp'], why, ms === undefined ? [] : [['timestamp']]);
  return { timestamp: found, isReplaced };
}
