// Finds fields in the bytes of a JSON body that is not to be parsed: only what they say takes memory, not what stands beside them.

import { parseJson } from '../base/json.js';
import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, findEnd, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-values.js';

const COLON = 0x3a;

/** A character of a name has at most the six bytes of `\\u0064`. */
const MAX_BYTES_PER_CHARACTER = 6;

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The index of the first byte from here on that is no white space. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** The index behind the object or array that begins here; `undefined` where it does not end. */
export function findEndOfNested(bytes: Buffer, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = findEnd(bytes, at + 1);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The index behind the value that begins here. */
function findEndOfValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return findEndOfNested(bytes, from) ?? bytes.length;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = findEnd(bytes, at + 1);
    else if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) return at;
  }
  return bytes.length;
}

/**
 * The JSON texts of the elements of a list, in order. Of bytes that are no list it gives some, which are no JSON.
 *
 * @param list from its first bracket to its last
 */
export function* elementsOf(list: Buffer): Iterable<Buffer> {
  const end = list.length - 1;
  let start = 1;
  let depth = 0;
  for (let at = 1; at < end; at++) {
    switch (list[at]) {
      case QUOTE:
        at = findEnd(list, at + 1);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        if (depth !== 0) break;
        yield list.subarray(start, at);
        start = at + 1;
    }
  }
  const isEmpty = start === 1 && skipSpace(list, start) === end;
  if (!isEmpty) yield list.subarray(start, end);
}

/** @param from the first byte of a string, and `to` the one behind it, without its quotes */
function isText(bytes: Buffer, from: number, to: number, name: string): boolean {
  if (to - from < name.length || to - from > name.length * MAX_BYTES_PER_CHARACTER) return false;
  const text = bytes.toString('utf8', from, to);
  if (text === name) return true;
  return bytes.subarray(from, to).includes(BACKSLASH) && parseJson(`"${text}"`) === name;
}

/**
 * The JSON texts of all fields of this name, in order; those of one object may be several. Of bytes that are no JSON it gives some.
 *
 * @param level 1 for fields of the body itself, 2 for those of its elements
 */
export function* fieldsOf(bytes: Buffer, name: string, level: number): Iterable<Buffer> {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = findEnd(bytes, at + 1);
        if (depth === level && isText(bytes, at + 1, end, name)) {
          const colon = skipSpace(bytes, end + 1);
          if (bytes[colon] === COLON) {
            const start = skipSpace(bytes, colon + 1);
            yield bytes.subarray(start, findEndOfValue(bytes, start));
          }
        }
        at = end;
        break;
      }
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
    }
  }
}
