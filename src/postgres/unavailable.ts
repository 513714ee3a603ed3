// Says to those who ask what a fault of the database means for them.

import { PluginError } from '../base/errors.js';
import { DatabaseError } from './database-error.js';

/** Runs what asks the database and changes nothing that could be there twice. @throws PluginError OUTBOX_UNAVAILABLE where the database does not do it; what else is thrown */
export async function orUnavailable<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof DatabaseError ? new PluginError('OUTBOX_UNAVAILABLE', error.code) : error;
  }
}
