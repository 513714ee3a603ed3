// The values that people entered for a function's settings.

import { outcome, throwUnlessDone } from './outcome.js';

/** Values of settings, as a function is given them. Those that were not entered are empty or absent. */
export type SettingValues = Readonly<Record<string, unknown>>;

/**
 * The text of a setting; `undefined` where it is empty.
 *
 * @throws RetryError of Segment's where the setting was made of another type: what was entered would be passed over
 */
export function textOf(values: SettingValues | undefined, name: string): string | undefined {
  const value = values?.[name] ?? '';
  if (typeof value !== 'string')
    throwUnlessDone(outcome('retry', `The setting \`${name}\` is no text: make it one of type String.`));
  const text = String(value).trim();
  return text === '' ? undefined : text;
}
