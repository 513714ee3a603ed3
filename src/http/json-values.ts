// Looks through the bytes of a JSON body before it is parsed: how deep it is nested, how many values it holds, and so how much memory they take.
//
// Memory follows the values and not the bytes: the 3 bytes `{},` become 60, and the 7 bytes of a level of `{"32":{"32":` become 340.

import { isAscii } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import { createBreather } from '../base/breather.js';
import { PluginError } from '../base/errors.js';

/** Levels of nesting a large body may have. */
export const MAX_DEPTH = 10_000;

/** A level takes at least a bracket that opens it and one that closes it: what has no more bytes cannot be too deep. */
export const BYTES_PER_DEPTH = 2;

/** Bodies over this many bytes must not be nested too deep; smaller ones cannot use up the memory with their levels. */
export const SHALLOW_FROM_BYTES = 1_000_000;

/** Bytes of heap that a value of the costliest kinds takes at the most, with what parsing takes meanwhile (measured on Node 20). */
const BYTES_PER_VALUE = 200;

/** Bytes of heap that the values of a byte of text take at the most: `{"32":{"32":` comes to 48 (measured on Node 20). */
const VALUE_BYTES_PER_BYTE = 50;

/** The text of a body and the texts among its values: a character takes a byte where all of them are ASCII, else two. */
const TEXT_COPIES = 2;

/** Heap that all bodies together may take once they are parsed. The rest is for what is made of them, and for what the collector has not taken back. */
export const HEAP_FOR_BODIES = Math.floor((getHeapStatistics().heap_size_limit * 5) / 8);

/** The bytes of JSON's signs. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** How much a JSON text holds. */
export interface Extent {
  /** Empty lists count for two, objects for one more than what stands in them: they cost more. */
  readonly values: number;
  /** Levels of nesting. */
  readonly depth: number;
}

/** The index of the quote that ends a string. @param from the first byte behind the quote that begins it */
export function findEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return at;
}

/** Bytes that are counted at a time: some milliseconds at the most. */
const SLICE_BYTES = 1 << 20;

/** Counts what a text holds, slice after slice. */
class Count {
  #values = 1;
  #depth = 0;
  #open = 0;

  get extent(): Extent {
    return { values: this.#values, depth: this.#depth };
  }

  /** @returns where to go on: behind a string that begins before `to` */
  add(bytes: Buffer, from: number, to: number): number {
    let open = this.#open;
    let values = this.#values;
    let depth = this.#depth;
    let at = from;
    for (; at < to; at++) {
      switch (bytes[at]) {
        case QUOTE:
          at = findEnd(bytes, at + 1);
          break;
        case COMMA:
          values += 1;
          break;
        case OPEN_ARRAY:
        case OPEN_OBJECT:
          values += bytes[at] === OPEN_OBJECT ? 2 : 1;
          open += 1;
          if (open > depth) depth = open;
          break;
        case CLOSE_ARRAY:
        case CLOSE_OBJECT:
          open -= 1;
      }
    }
    this.#open = open;
    this.#values = values;
    this.#depth = depth;
    return at;
  }
}

/** How much the text holds. Text that is no JSON gives some numbers. */
export function measureJson(bytes: Buffer): Extent {
  const count = new Count();
  count.add(bytes, 0, bytes.length);
  return count.extent;
}

/** The same; others are let in between. */
export async function measureInSlices(bytes: Buffer): Promise<Extent> {
  const breathe = createBreather();
  const count = new Count();
  for (let at = 0; at < bytes.length; await breathe())
    at = count.add(bytes, at, Math.min(at + SLICE_BYTES, bytes.length));
  return count.extent;
}

function textBytes(bytes: Buffer): number {
  return bytes.length * TEXT_COPIES * (isAscii(bytes) ? 1 : 2);
}

/** Bytes of heap that the text takes at most once it is parsed, whatever it holds. */
export function heapBound(bytes: Buffer): number {
  return bytes.length * (VALUE_BYTES_PER_BYTE + 2 * TEXT_COPIES);
}

/** Bytes of heap that the text takes at most once it is parsed, as far as its extent tells. */
export function heapOf(bytes: Buffer, { values }: Pick<Extent, 'values'>): number {
  return textBytes(bytes) + Math.min(values * BYTES_PER_VALUE, bytes.length * VALUE_BYTES_PER_BYTE);
}

/**
 * @param depth levels of nesting
 * @throws PluginError BODY_TOO_DEEP
 */
export function assertDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new PluginError('BODY_TOO_DEEP', `limit ${MAX_DEPTH} levels`);
}
