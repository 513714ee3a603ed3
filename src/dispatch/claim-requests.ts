// Claims the events of as many requests as are worth it, and cuts what came into these.
//
// Finding what is due takes several reads, each of which waits its turn behind all else that the process does. A lane with a backlog finds the events of a few
// requests at once.

import type { LaneId } from '../outbox/lane-id.js';
import type { Outbox } from '../outbox/outbox.js';
import type { DeliveryTarget, Part } from './delivery-target.js';

/** What one request may hold. */
export type RequestLimits = Pick<DeliveryTarget, 'maxBatchEvents' | 'maxBatchBytes'>;

/** Events that are claimed at once, and bytes of their payloads, where a request does not take more. */
const CLAIM_EVENTS = 1_000;
const CLAIM_BYTES = 8 << 20;

/**
 * How many requests to claim for: as many full ones as there are, because one that is not full lingers.
 *
 * @param waiting deliveries
 */
export function requestsToClaim(waiting: number, { maxBatchEvents }: RequestLimits): number {
  return Math.max(1, Math.floor(Math.min(waiting, CLAIM_EVENTS) / maxBatchEvents));
}

function cutIntoRequests(claimed: Part, { maxBatchEvents, maxBatchBytes }: RequestLimits): readonly Part[] {
  const requests: Part[] = [];
  let start = 0;
  let bytes = 0;
  for (const [index, { payload }] of claimed.entries()) {
    const size = Buffer.byteLength(payload);
    if (index > start && (index - start >= maxBatchEvents || bytes + size > maxBatchBytes)) {
      requests.push(claimed.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < claimed.length) requests.push(claimed.slice(start));
  return requests;
}

/**
 * Claims what is due in a lane.
 *
 * @param requests at least 1
 * @returns in order; each has at least one event, and only such a one may be larger than the limit
 */
export async function claimRequests(
  outbox: Outbox,
  lane: LaneId,
  limits: RequestLimits,
  requests: number,
): Promise<readonly Part[]> {
  const { maxBatchEvents, maxBatchBytes } = limits;
  const maxBytes = Math.max(maxBatchBytes, Math.min(maxBatchBytes * requests, CLAIM_BYTES));
  const claimed = await outbox.claim(lane, maxBatchEvents * requests, maxBytes);
  return requests === 1 && claimed.length > 0 ? [claimed] : cutIntoRequests(claimed, limits);
}
