// Tells cheaply of most events that their JSON is small: writing each one to measure it takes longer than converting it.

import { isJsonObject } from '../../model/segment-event.js';

/** The longest JSON of one character: `\u0000`. */
const CHARACTER_BYTES = 6;

/** More than any number, `true`, `false` or `null` takes. */
const SCALAR_BYTES = 25;

/** Quotes or brackets. */
const ENCLOSING_BYTES = 2;

/** A colon and a comma. */
const SEPARATOR_BYTES = 2;

/** Levels of nesting it follows; senders' events have a few. */
const MAX_DEPTH = 100;

/** @returns the bytes that are surely left of the room; negative when it may be too small */
function takeFrom(room: number, value: unknown, depth: number): number {
  if (typeof value === 'string') return room - ENCLOSING_BYTES - value.length * CHARACTER_BYTES;
  if (depth === 0) return -1;
  let left = room - ENCLOSING_BYTES;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i += 1) left = takeFrom(left - SEPARATOR_BYTES, value[i], depth - 1);
    return left;
  }
  if (!isJsonObject(value)) return room - SCALAR_BYTES;
  // Object.entries would make an array for each object, at five times the price.
  for (const key in value) {
    if (left < 0) return left;
    const keyBytes = ENCLOSING_BYTES + key.length * CHARACTER_BYTES + SEPARATOR_BYTES;
    left = takeFrom(left - keyBytes, value[key], depth - 1);
  }
  return left;
}

/**
 * True when the value's JSON surely fits; false says nothing.
 *
 * @param value parsed from JSON
 * @param bytes room for its JSON
 */
export function surelyFits(value: object, bytes: number): boolean {
  return takeFrom(bytes, value, MAX_DEPTH) >= 0;
}
