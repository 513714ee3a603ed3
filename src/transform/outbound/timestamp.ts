// Finds when an outbound event happened.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import { toMilliseconds } from '../time.js';

const NUMBER = /^\d+(\.\d+)?$/;

/** Other lengths are of years that readers of ISO 8601 do not agree on. */
const ISO_LENGTH = '2026-01-02T03:04:05.000Z'.length;

/**
 * The event's time as ISO 8601 in UTC (Segment Spec, common fields).
 *
 * @param value milliseconds since the epoch, as a number or a string, or an ISO 8601 string
 * @param receivedAt for what is none of these
 */
export function toTimestamp(value: unknown, receivedAt: EpochMs, trace?: Trace): string {
  const ms = toMilliseconds(typeof value === 'string' && NUMBER.test(value) ? Number(value) : value);
  if (ms !== undefined) {
    const timestamp = new Date(ms).toISOString();
    if (timestamp.length === ISO_LENGTH) {
      trace?.add('time', `timestamp = ${timestamp}`, 'timestamp');
      return timestamp;
    }
  }
  const received = new Date(receivedAt).toISOString();
  trace?.add('time', `timestamp = ${received}`, 'when it was received');
  return received;
}
