// Finds filters that let nothing through.

import { type SettingsPath, valueAt } from '../settings-path.js';
import type { Mistake } from './mistake.js';
import { stringsAt } from './strings-at.js';

/** Lists of what is sent: empty ones send nothing, where an empty `includeEvents` means all. */
const CHOICES: readonly SettingsPath[] = [['eventTypes'], ['outbound', 'eventCategories']];

/** Lists of names that are held back. */
const EXCLUSIONS: readonly SettingsPath[] = [['excludeEvents'], ['outbound', 'excludeEvents']];

/** Warns of them: what comes is answered 200 and filtered. */
export function* findClosedFilters(settings: object): Generator<Mistake, void> {
  for (const at of CHOICES) {
    const value = valueAt(settings, at);
    if (Array.isArray(value) && value.length === 0)
      yield { kind: 'warning', at, message: 'is empty, so that nothing is sent: leave it out to send all' };
  }
  for (const list of EXCLUSIONS)
    for (const { at, text } of stringsAt(settings, list))
      if (/^\*+$/.test(text)) yield { kind: 'warning', at, message: 'matches every name, so that none is sent' };
}
