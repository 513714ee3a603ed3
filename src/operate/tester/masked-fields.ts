// Finds the fields of a body that were masked where it was taken from: their values are gone, and what stands in their place must not be sent.

import { toJsonText } from '../../base/json.js';
import { ownText } from '../../base/own-text.js';
import { REDACTED } from '../../base/secret.js';
import { formatPath, type SettingsPath } from '../../settings/settings-path.js';

/** Fields that are named. */
const MAX_NAMED = 10;

/** Characters of one name. */
const MAX_CHARACTERS = 200;

/** A value with others in it, and where it stands. */
interface Place {
  readonly value: object;
  readonly step: string | number;
  readonly above: Place | undefined;
}

function nameOf(place: Place | undefined, step: string | number): string {
  const at: (string | number)[] = [step];
  for (let up = place; up?.above !== undefined; up = up.above) at.push(up.step);
  return ownText(formatPath(at.reverse() as SettingsPath), MAX_CHARACTERS);
}

/** @param value parsed JSON. @returns the first ten fields that hold the mark of what is masked, in their value or their name: `properties.email` */
export function maskedFields(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  // Most bodies hold none; a text of them is found faster than each field.
  if (toJsonText(value)?.includes(REDACTED) === false) return [];
  const found: string[] = [];
  const open: Place[] = [{ value, step: '', above: undefined }];
  for (const place of open) {
    const isList = Array.isArray(place.value);
    for (const [key, each] of Object.entries(place.value)) {
      const step = isList ? Number(key) : key;
      if (key.includes(REDACTED) || (typeof each === 'string' && each.includes(REDACTED))) {
        found.push(nameOf(place, step));
        if (found.length === MAX_NAMED) return found;
      }
      if (typeof each === 'object' && each !== null) open.push({ value: each, step, above: place });
    }
  }
  return found;
}
