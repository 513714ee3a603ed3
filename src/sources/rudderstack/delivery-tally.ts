// Counts what became of the jobs of one delivery, in the words of Segment's Delivery Overview.

import type { Verdict } from '../../call/verdict.js';

/** Counts of one request for delivery. */
export class DeliveryTally {
  delivered = 0;
  pendingRetry = 0;
  failedDelivery = 0;

  add({ kind }: Verdict): void {
    if (kind === 'delivered') this.delivered += 1;
    else if (kind === 'retry' || kind === 'isolate') this.pendingRetry += 1;
    else this.failedDelivery += 1;
  }
}
