// Opens what replicas share, where OUTBOX_URL names a database.

import type { Logger } from '../base/logger.js';
import type { SteadyClock } from '../base/steady-clock.js';
import type { ProcessSettings } from '../settings/process.js';
import type { SharedState } from './shared-state.js';

/** Nothing is asked of the database yet. @returns `undefined` where this process has everything alone */
export async function openShared(
  { sharedOutbox, adminToken }: Pick<ProcessSettings, 'sharedOutbox' | 'adminToken'>,
  clock: SteadyClock,
  log: Logger,
): Promise<SharedState | undefined> {
  if (sharedOutbox === undefined || adminToken === undefined) return undefined;
  // Before anything is listened to. Where the outbox is embedded, a start is spared it.
  const { openSharedState } = await import('./shared-state.js');
  return openSharedState({ outbox: sharedOutbox, adminToken, clock, log });
}
