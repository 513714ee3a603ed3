// Shows the calls of a workspace without outbound targets instead of sending them.

import type { Part } from '../../dispatch/delivery-target.js';
import { DRY_RUN_TARGET } from '../../transform/compiled-outbound.js';
import { type DryRunOptions, dryRun } from '../dry-run.js';
import type { StatedTarget } from '../stated-target.js';
import { MAX_BATCH_BYTES } from './limits.js';
import { requestsOf } from './request.js';

/** Where the request would go if a target was named without a host. */
export const SEGMENT = { host: 'https://api.segment.io', path: '/v1/batch' };

/** What one record may hold, so that it stays readable. */
const MAX_EVENTS = 100;

/** A target that sends nothing. */
export function dryRunTarget(workspaceId: string, options: DryRunOptions): StatedTarget {
  const target = {
    title: DRY_RUN_TARGET,
    identity: DRY_RUN_TARGET,
    maxBatchEvents: MAX_EVENTS,
    maxBatchBytes: MAX_BATCH_BYTES,
    requests: (part: Part) => requestsOf(SEGMENT, part),
  };
  return dryRun(target, { workspaceId, target: DRY_RUN_TARGET }, options);
}
