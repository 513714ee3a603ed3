// Limits how many elements a request may hold: tiny ones cost much more to answer than to send.

import { PluginError } from '../base/errors.js';

/** @throws PluginError BATCH_TOO_LONG */
export function assertBatchLength(length: number, limit: number): void {
  if (length > limit) throw new PluginError('BATCH_TOO_LONG', `${length}, limit ${limit}`);
}
