// Counts what became of the events or jobs of one request, so that the metrics are touched once per request and not once per event.

import type { InvalidEventCode } from '../../base/errors.js';
import type { Verdict } from '../../call/verdict.js';
import type { FilterReason } from '../../model/conversion.js';

/** As much of a result as is counted. */
type Counted =
  | { readonly kind: 'ready' }
  | { readonly kind: 'filtered'; readonly reason: FilterReason }
  | { readonly kind: 'invalid'; readonly code: InvalidEventCode };

/** Counts of one request. */
export class EventTally {
  converted = 0;
  readonly filtered = new Map<FilterReason, number>();
  readonly invalid = new Map<InvalidEventCode, number>();

  add(result: Counted): void {
    if (result.kind === 'ready') this.converted += 1;
    else if (result.kind === 'filtered') this.filtered.set(result.reason, (this.filtered.get(result.reason) ?? 0) + 1);
    else this.invalid.set(result.code, (this.invalid.get(result.code) ?? 0) + 1);
  }

  /** Events counted. */
  get total(): number {
    let total = this.converted;
    for (const count of this.filtered.values()) total += count;
    for (const count of this.invalid.values()) total += count;
    return total;
  }
}

/** Counts of the jobs of one request for delivery, in the words of Segment's Delivery Overview. */
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
