// Reads what a request says of the dead letters that it is about.

import { PluginError } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';
import { readTime } from '../../transform/time.js';
import type { Selection } from './deeds.js';
import type { AskedMoment, DeadLetterFilter, DeadLetterQuery, DeadLettersDeed } from './shapes.js';

/** A time as senders may write it, too. */
function momentOf(name: 'since' | 'until', value: AskedMoment | undefined): EpochMs | undefined {
  if (value === undefined) return undefined;
  const time = readTime(value);
  if (time === undefined) throw new PluginError('REQUEST_INVALID', `${name} is no time`);
  return time;
}

/** @param asked may hold more @throws PluginError REQUEST_INVALID */
export function filterOf(asked: DeadLetterQuery): DeadLetterFilter {
  const { workspace, target, reason, status, event, user } = asked;
  const [since, until] = [momentOf('since', asked.since), momentOf('until', asked.until)];
  const filter = { workspace, target, reason, status, since, until, event, user };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/**
 * What is to be changed: some keys, or what a filter says, of one workspace.
 *
 * @param now what dies later is not meant
 * @throws PluginError DEAD_LETTERS_NOT_NAMED, REQUEST_INVALID
 */
export function selectionOf(asked: DeadLettersDeed, now: EpochMs): Selection {
  const { keys, workspace, limit, after } = asked;
  if (keys !== undefined) return { keys };
  if (workspace === undefined) throw new PluginError('DEAD_LETTERS_NOT_NAMED');
  const filter = filterOf(asked);
  return { filter: { ...filter, until: Math.min(filter.until ?? now, now) }, limit, after };
}
