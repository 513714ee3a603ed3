// Makes a value of a body's bytes: takes off their Content-Encoding, parses the JSON.

import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PluginError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { holdsLongRun } from '../base/long-numbers.js';
import { type BodyLimit, bodyTooLarge } from './body-limit.js';
import { ByteCollector } from './byte-collector.js';
import type { ByteBudget, HeapBudget } from './in-flight.js';
import {
  assertDepth,
  type Extent,
  heapBound,
  heapOf,
  measureInSlices,
  measureJson,
  SHALLOW_FROM_BYTES,
} from './json-values.js';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;

/** Room for all of an ordinary body at once: unpacking in the small chunks of zlib takes up to four times as long. */
function chunkSizeFor(raw: Buffer): number {
  return Math.min(Math.max(MIN_CHUNK_BYTES, 16 * raw.length), MAX_CHUNK_BYTES);
}

/**
 * The bytes without their Content-Encoding; the very same ones where they have none.
 *
 * @param limit after decompression
 * @param budget told of the bytes as they are unpacked. What it refuses ends the unpacking: few bytes can become many, and many such bodies come at once
 * @throws PluginError ENCODING_UNSUPPORTED, ENCODING_BROKEN, BODY_TOO_LARGE, and what the budget throws
 */
export async function decodeBody(
  raw: Buffer,
  encoding: string | undefined,
  limit: BodyLimit,
  budget?: ByteBudget,
): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return raw;
  const createDecoder = Object.hasOwn(DECODERS, name) ? DECODERS[name as keyof typeof DECODERS] : undefined;
  if (createDecoder === undefined) throw new PluginError('ENCODING_UNSUPPORTED', name.slice(0, 40));

  return new Promise((resolve, reject) => {
    const decoder = createDecoder({ chunkSize: chunkSizeFor(raw) });
    const collector = new ByteCollector();
    decoder.on('data', (chunk: Buffer) => {
      try {
        if (collector.length + chunk.length > limit.bytes) throw bodyTooLarge(limit, ', decompressed');
        budget?.add(chunk.length);
        collector.add(chunk);
      } catch (error) {
        decoder.destroy();
        reject(error);
      }
    });
    decoder.once('error', () => reject(new PluginError('ENCODING_BROKEN', name)));
    decoder.once('end', () => resolve(collector.bytes()));
    decoder.end(raw);
  });
}

/** Parses JSON. A byte order mark is skipped. @throws PluginError BODY_NOT_JSON */
function parseText(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  const value = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, holdsLongRun(bytes));
  if (value === undefined) throw new PluginError('BODY_NOT_JSON');
  return value;
}

/** @returns whether there is so much room that nothing needs to be counted @throws PluginError BODY_EMPTY */
function takeUncounted(bytes: Buffer, heap: HeapBudget): boolean {
  if (bytes.length === 0) throw new PluginError('BODY_EMPTY');
  return heap.takeSpare(heapBound(bytes));
}

/** A piece with more bytes is counted in slices. */
const LONG_PIECE_BYTES = 1 << 20;

/**
 * Bytes that may be parsed, whole or piece by piece: the heap for all of their values is taken. Anyone who parses pieces makes the same of them as of the whole,
 * so the limits are one thing, and here.
 */
export class JsonBytes {
  readonly bytes: Buffer;
  #extent: Extent | undefined;

  private constructor(bytes: Buffer, extent?: Extent) {
    this.bytes = bytes;
    this.#extent = extent;
  }

  /**
   * Takes the heap. Counting costs more than converting a batch that is written as rudder-server does; it is left out while there is plenty of room.
   *
   * @throws PluginError BODY_EMPTY, and what the budget throws
   */
  static of(bytes: Buffer, heap: HeapBudget): JsonBytes {
    if (takeUncounted(bytes, heap)) return new JsonBytes(bytes);
    const extent = measureJson(bytes);
    heap.take(heapOf(bytes, extent));
    return new JsonBytes(bytes, extent);
  }

  /** The same where there is so much room that nothing needs to be counted, else `undefined`. @throws PluginError BODY_EMPTY */
  static uncounted(bytes: Buffer, heap: HeapBudget): JsonBytes | undefined {
    return takeUncounted(bytes, heap) ? new JsonBytes(bytes) : undefined;
  }

  /** The same as `of`; others are let in while a large body is counted. */
  static async inSlices(bytes: Buffer, heap: HeapBudget): Promise<JsonBytes> {
    const extent = await measureInSlices(bytes);
    heap.take(heapOf(bytes, extent));
    return new JsonBytes(bytes, extent);
  }

  /** True where no more than so many levels are allowed. */
  get mustBeShallow(): boolean {
    return this.bytes.length > SHALLOW_FROM_BYTES;
  }

  /** @throws PluginError BODY_TOO_DEEP, BODY_NOT_JSON */
  parse(): unknown {
    if (this.mustBeShallow) {
      this.#extent ??= measureJson(this.bytes);
      assertDepth(this.#extent.depth);
    }
    return parseText(this.bytes);
  }

  /**
   * Parses a piece of the bytes that is a JSON text itself; others are let in while a large one is counted.
   *
   * @param maxValues as `measureJson` counts them: a piece that holds more would keep all others waiting
   * @throws PluginError BODY_TOO_DEEP, BODY_TOO_MANY_VALUES, BODY_NOT_JSON
   */
  async parsePiece(piece: Buffer, maxValues: number): Promise<unknown> {
    const { depth, values } = piece.length > LONG_PIECE_BYTES ? await measureInSlices(piece) : measureJson(piece);
    if (this.mustBeShallow) assertDepth(depth);
    if (values > maxValues) throw new PluginError('BODY_TOO_MANY_VALUES', `limit ${maxValues} in one event`);
    return parseText(piece);
  }
}

/**
 * Parses JSON that stands within a body, and gives `use` what it says; the heap that it takes is given back then.
 *
 * @throws PluginError BODY_EMPTY, BODY_NOT_JSON, BODY_TOO_DEEP, and what the budget throws
 */
export function usePart<T>(bytes: Buffer, heap: HeapBudget, use: (value: unknown) => T): T {
  const before = heap.taken;
  try {
    return use(JsonBytes.of(bytes, heap).parse());
  } finally {
    heap.giveBack(heap.taken - before);
  }
}

/** Parses JSON of a few kilobytes, which cannot take memory that counts. @throws PluginError BODY_NOT_JSON */
export function parseSmall(bytes: Buffer): unknown {
  return parseText(bytes);
}
