// Shows the calls of a workspace without outbound targets instead of sending them.

import type { DeliveryTarget } from '../../dispatch/delivery-target.js';
import type { DryRunRequest } from '../../dispatch/dispatcher-options.js';
import { DRY_RUN_TARGET } from '../../transform/compiled-outbound.js';

/** Where the request would go if a target was named without a host. */
const URL_OF_SEGMENT = 'https://api.segment.io/v1/batch';

/** What one record may hold, so that it stays readable. */
const MAX_EVENTS = 100;
const MAX_BYTES = 450_000;

/** What recording needs. */
export interface DryRunOptions {
  readonly now: () => number;
  readonly record: (request: DryRunRequest) => void;
}

/** A target that takes everything and sends nothing. */
export function dryRunTarget(workspaceId: string, { now, record }: DryRunOptions): DeliveryTarget {
  return {
    title: DRY_RUN_TARGET,
    identity: DRY_RUN_TARGET,
    maxBatchEvents: MAX_EVENTS,
    maxBatchBytes: MAX_BYTES,
    async send(part) {
      const body = `{"batch":[${part.map(({ payload }) => payload).join(',')}]}`;
      const headers = { 'content-type': 'application/json' };
      record({
        workspaceId,
        target: DRY_RUN_TARGET,
        at: now(),
        method: 'POST',
        url: URL_OF_SEGMENT,
        headers,
        body,
        events: part.length,
      });
      return { kind: 'recorded' };
    },
  };
}
