// Finds lists of event names whose patterns would cost every event too much.

import { type SettingsPath, valueAt } from './settings-path.js';

/** Every list of names in which `*` matches any characters. */
const LISTS: readonly SettingsPath[] = [
  ['includeEvents'],
  ['excludeEvents'],
  ['outbound', 'includeEvents'],
  ['outbound', 'excludeEvents'],
];

/** Of all patterns of a list: each `*` is another search through the name of each event. Names without one cost nothing, however many there are. */
const MAX_STARS = 500;

/** A list that is at fault as a whole. */
export interface StarFault {
  readonly at: SettingsPath;
  readonly message: string;
}

function countStars(names: readonly unknown[]): number {
  return names.reduce<number>((sum, name) => sum + (typeof name === 'string' ? name.split('*').length - 1 : 0), 0);
}

/** Every such list of settings. What is no list is a fault of its own. */
export function findStarFaults(settings: unknown): StarFault[] {
  return LISTS.flatMap((at) => {
    const names = valueAt(settings, at);
    return Array.isArray(names) && countStars(names) > MAX_STARS
      ? [{ at, message: `must not hold more than ${MAX_STARS} * in all its names together` }]
      : [];
  });
}
