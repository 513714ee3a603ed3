// Looks through the bytes of a large JSON body before it is parsed: how deep it is nested, how many values it holds.
//
// Memory follows the values and not the bytes: the 3 bytes `{},` become 60, and the 9 bytes `{"30":0},` become 320.

import { getHeapStatistics } from 'node:v8';
import { PluginError } from '../errors.js';

/** Levels of nesting a large body may have. */
const MAX_DEPTH = 10_000;

/** Bytes of heap that a value of the costliest kinds takes at the most, with what parsing takes meanwhile (measured on Node 20). */
const BYTES_PER_VALUE = 200;

/** Values that one body may hold: parsed, they fill at most half of the heap. Events have a value per 25 to 40 bytes: with 2 GB of heap 130 MB of them pass. */
export const MAX_VALUES = Math.floor(getHeapStatistics().heap_size_limit / 2 / BYTES_PER_VALUE);

/** Bodies with fewer bytes per value are no events. */
const COMMON_BYTES_PER_VALUE = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The index of the quote that ends a text. */
function findEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return at;
}

/**
 * How many values the text holds; empty lists and objects count for two. Text that is no JSON gives some number.
 *
 * @throws PluginError BODY_TOO_DEEP
 */
export function countValues(bytes: Buffer): number {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = findEnd(bytes, at + 1);
        break;
      case COMMA:
        values += 1;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        values += 1;
        depth += 1;
        if (depth > MAX_DEPTH) throw new PluginError('BODY_TOO_DEEP', `limit ${MAX_DEPTH} levels`);
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
    }
  }
  return values;
}

/** Bytes of memory that values take beyond what the bytes of their text let expect; none for events. */
export function uncommonBytes(values: number, textBytes: number): number {
  return Math.max(0, Math.ceil(values - textBytes / COMMON_BYTES_PER_VALUE)) * BYTES_PER_VALUE;
}
