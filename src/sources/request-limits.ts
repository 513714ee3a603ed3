// Limits of requests that hold for several sources.

import { PluginError } from '../base/errors.js';
import type { BodyLimit } from '../http/body-limit.js';

/** Limits how many elements a request may hold: tiny ones cost much more to answer than to send. @throws PluginError BATCH_TOO_LONG */
export function assertBatchLength(length: number, limit: number): void {
  if (length > limit) throw new PluginError('BATCH_TOO_LONG', `${length}, limit ${limit}`);
}

/**
 * Bytes of a body, before and after decompression, that only its own signature can prove: a few hundred bytes can inflate to all of MAX_BODY_BYTES, and they
 * are inflated, hashed and searched before anything is known of their sender.
 *
 * Segment's Webhooks (Actions) batches 1000 events by default and 4000 at most (Segment's documentation, Webhooks (Actions), `batch_size`): this is 2 KB for each of 4000
 * events, 8 KB for each of 1000. Statsig names no size for its event webhook; the largest batch of its SDKs has 2000 events (statsig-server-core), of which this
 * is 4 KB each.
 */
export const MAX_UNPROVEN_BYTES = 8 * 1024 * 1024;

/** The same for Segment's webhooks, whose senders may prove themselves before the body is read. */
export const UNPROVEN_WEBHOOK: BodyLimit = {
  bytes: MAX_UNPROVEN_BYTES,
  raisedBy: 'a header secret (`segment.headerSecrets`) lifts it to MAX_BODY_BYTES',
};

/** The same where nothing but the signature proves a sender. */
export const SIGNED_WEBHOOK: BodyLimit = { bytes: MAX_UNPROVEN_BYTES, raisedBy: 'no setting raises it' };
