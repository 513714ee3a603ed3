// Tells by the beginning of a file how its values stand.

import { parseJson } from '../base/json.js';
import { isJsonObject } from '../model/segment-event.js';
import type { Format } from './position.js';

/** What no text of JSON holds. */
const NUL = 0x00;

/** Lines that are tried: the first may be one that is broken. */
const MAX_LINES = 20;

function isObjectWithFields(line: string): boolean {
  const value = parseJson(line);
  return isJsonObject(value) && Object.keys(value).length > 0;
}

/**
 * How the values of a file stand, or `undefined` for one that is no text. A line that is an object by itself says that each line is one; a list says that its
 * items are the values, wherever they stand.
 *
 * @param head the first bytes of the contents, with a whole line where there is one
 */
export function guessFormat(head: Buffer): Format | undefined {
  if (head.includes(NUL)) return undefined;
  const text = head.toString().trimStart();
  if (text.startsWith('[')) return 'values';
  if (!text.startsWith('{')) return 'lines';
  const lines = text.split('\n', MAX_LINES + 1).slice(0, MAX_LINES);
  return lines.some(isObjectWithFields) ? 'lines' : 'values';
}
