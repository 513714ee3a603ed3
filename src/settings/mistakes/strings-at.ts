// Reads the strings of lists in settings.

import { type SettingsPath, valueAt } from '../settings-path.js';

/** A string and where it stands. */
export interface StringAt {
  readonly at: SettingsPath;
  readonly text: string;
}

/**
 * The string at a path; of a list each item, or that field of each row.
 *
 * @param field of the rows of a list
 */
export function stringsAt(settings: object, at: SettingsPath, field?: string): readonly StringAt[] {
  const value = valueAt(settings, at);
  const found = Array.isArray(value)
    ? value.map((item, index) =>
        field === undefined
          ? { at: [...at, index], text: item }
          : { at: [...at, index, field], text: valueAt(item, [field]) },
      )
    : [{ at, text: value }];
  return found.flatMap(({ at: place, text }) => (typeof text === 'string' ? [{ at: place, text }] : []));
}
