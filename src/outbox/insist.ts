// An operator's drop goes on where the disk stopped it: a full one takes deletes again once the database is reopened with what was kept for them.

import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../base/errors.js';

const PAUSE_MS = 50;
const MOST_TRIES = 100;

/** Whether the disk takes nothing at the moment. */
export function isUnavailable(error: unknown): error is PluginError {
  return error instanceof PluginError && error.code === 'OUTBOX_UNAVAILABLE';
}

/** Does it as soon as the disk lets it, within five seconds. @throws the last OUTBOX_UNAVAILABLE, and at once what else is thrown */
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
