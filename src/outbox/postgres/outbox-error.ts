// Says to senders and lanes what a fault of the database means for them.

import { PluginError } from '../../base/errors.js';
import { DatabaseError } from '../../postgres/database-error.js';

/** @returns OUTBOX_UNAVAILABLE where nothing was stored, OUTBOX_UNCONFIRMED where no one knows; anything else as it is */
export function toOutboxError(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  return new PluginError(error.outcome === 'unknown' ? 'OUTBOX_UNCONFIRMED' : 'OUTBOX_UNAVAILABLE', error.code);
}

/** Runs what asks the database. @throws PluginError OUTBOX_UNAVAILABLE, OUTBOX_UNCONFIRMED; what else is thrown */
export async function inOutboxTerms<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw toOutboxError(error);
  }
}
