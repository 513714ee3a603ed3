// An operator's drop goes on where the outbox stopped it: a full disk takes deletes again once its database is reopened with what was kept for them.

import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../base/errors.js';

const PAUSE_MS = 50;
const MOST_TRIES = 100;

/** Whether the outbox takes nothing at the moment, or did not say whether it has. */
export function isUnavailable(error: unknown): error is PluginError {
  return error instanceof PluginError && (error.code === 'OUTBOX_UNAVAILABLE' || error.code === 'OUTBOX_UNCONFIRMED');
}

/** Does it as soon as the outbox lets it, within five seconds. @throws the last OUTBOX_UNAVAILABLE or OUTBOX_UNCONFIRMED, and at once what else is thrown */
export async function insist<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isUnavailable(error) || tries >= MOST_TRIES) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
