// Turns a full outbox into an answer after which webhook senders retry.

import { PluginError } from '../base/errors.js';

/** Segment's classic webhooks try again after 5xx, but not after 429; what Statsig does is not documented, and 5xx is what senders try again most. */
export function rethrowFullAsUnavailable(error: unknown): never {
  if (error instanceof PluginError && error.code === 'OUTBOX_FULL')
    throw new PluginError('OUTBOX_UNAVAILABLE', 'it is full');
  throw error;
}
