// Shows the calls of a workspace without outbound targets instead of sending them.

import type { DeliveryTarget, Part } from '../../dispatch/delivery-target.js';
import { DRY_RUN_TARGET } from '../../transform/compiled-outbound.js';
import { type DryRunOptions, dryRun } from '../dry-run.js';

/** Where the request would go if a target was named without a host. */
const URL_OF_SEGMENT = 'https://api.segment.io/v1/batch';

/** What one record may hold, so that it stays readable. */
const MAX_EVENTS = 100;
const MAX_BYTES = 450_000;

/** A target that takes everything and sends nothing. */
export function dryRunTarget(workspaceId: string, options: DryRunOptions): DeliveryTarget {
  const target = {
    title: DRY_RUN_TARGET,
    identity: DRY_RUN_TARGET,
    maxBatchEvents: MAX_EVENTS,
    maxBatchBytes: MAX_BYTES,
    requests(part: Part) {
      const body = `{"batch":[${part.map(({ payload }) => payload).join(',')}]}`;
      const headers = { 'content-type': 'application/json' };
      return [{ method: 'POST' as const, url: URL_OF_SEGMENT, headers, body, events: part.length }];
    },
  };
  return dryRun(target, { workspaceId, target: DRY_RUN_TARGET }, options);
}
