// Finds fields in the bytes of a JSON body that is not to be parsed: only what they say takes memory, not what stands beside them.

import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, findEnd, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-values.js';

const COLON = 0x3a;

/** Bytes of an escape such as `\\u0064`. */
const ESCAPE_BYTES = 6;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_A = 0x61;
const LOWER_U = 0x75;
/** The bit that tells a small letter from a capital one. */
const LOWER_CASE = 0x20;

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

/** The index of the comma or bracket behind the value that begins here, whatever else stands before it; the length where there is none. */
export function findSeparator(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = findEnd(bytes, at + 1);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        at = (findEndOfNested(bytes, at) ?? bytes.length) - 1;
        break;
      case COMMA:
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        return at;
    }
  }
  return bytes.length;
}

/** The index behind the value that begins here. */
function findEndOfValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return findEndOfNested(bytes, from) ?? bytes.length;
  return findSeparator(bytes, from);
}

/**
 * The JSON texts of the elements of a list, in order. Of bytes that are no list it gives some, which are no JSON.
 *
 * @param from of its first bracket
 * @returns the index behind its last bracket; `undefined` where it does not end with one
 */
export function* elementsOf(bytes: Buffer, from: number): Generator<Buffer, number | undefined, void> {
  let start = from + 1;
  for (;;) {
    const end = findSeparator(bytes, start);
    const isEmpty = start === from + 1 && skipSpace(bytes, start) === end && bytes[end] === CLOSE_ARRAY;
    if (!isEmpty) yield bytes.subarray(start, end);
    if (bytes[end] !== COMMA) return bytes[end] === CLOSE_ARRAY ? end + 1 : undefined;
    start = end + 1;
  }
}

/** The value of a hexadecimal digit. */
function digitOf(byte = 0): number {
  return byte <= NINE ? byte - ZERO : (byte | LOWER_CASE) - LOWER_A + 10;
}

/** The character that `\\u0064` stands for. @param at of the backslash */
function unescaped(bytes: Buffer, at: number): number {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LOWER_U) return -1;
  let code = 0;
  for (let digit = at + 2; digit < at + ESCAPE_BYTES; digit++) code = code * 16 + digitOf(bytes[digit]);
  return code;
}

/**
 * Whether a string is the name, also where it is written with escapes. Nothing is made of it: a body may hold a million strings.
 *
 * @param from the first byte of the string, and `to` the one behind it, without its quotes
 * @param name of ASCII letters
 */
function isName(bytes: Buffer, from: number, to: number, name: string): boolean {
  let at = from;
  for (let index = 0; index < name.length; index++) {
    const wanted = name.charCodeAt(index);
    if (bytes[at] === wanted) at += 1;
    else if (unescaped(bytes, at) === wanted) at += ESCAPE_BYTES;
    else return false;
  }
  return at === to;
}

/**
 * Where the values of all fields of this name begin, in order; those of one object may be several. Of bytes that are no JSON it gives some places.
 *
 * @param level 1 for fields of the body itself, 2 for those of its elements
 * @returns a generator that is to be given the index behind each value
 */
export function* fieldStarts(bytes: Buffer, name: string, level: number): Generator<number, void, number> {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = findEnd(bytes, at + 1);
        const isNamed = depth === level && isName(bytes, at + 1, end, name);
        const colon = isNamed ? skipSpace(bytes, end + 1) : end;
        at = bytes[colon] === COLON ? (yield skipSpace(bytes, colon + 1)) - 1 : end;
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

/** The JSON texts of all fields of this name: see `fieldStarts`. */
export function* fieldsOf(bytes: Buffer, name: string, level: number): Iterable<Buffer> {
  const starts = fieldStarts(bytes, name, level);
  for (let start = starts.next(); start.done !== true; ) {
    const end = findEndOfValue(bytes, start.value);
    yield bytes.subarray(start.value, end);
    start = starts.next(end);
  }
}
