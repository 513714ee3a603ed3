// Makes a value of a body's bytes: takes off their Content-Encoding, parses the JSON.

import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PluginError } from '../errors.js';
import { ByteCollector } from './byte-collector.js';
import type { ByteBudget } from './in-flight.js';
import { countValues, MAX_VALUES, uncommonBytes } from './json-values.js';

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
 * @param limit bytes after decompression
 * @param budget told of the bytes as they are unpacked. What it refuses ends the unpacking: few bytes can become many, and many such bodies come at once
 * @throws PluginError ENCODING_UNSUPPORTED, ENCODING_BROKEN, BODY_TOO_LARGE, and what the budget throws
 */
export async function decodeBody(
  raw: Buffer,
  encoding: string | undefined,
  limit: number,
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
        if (collector.length + chunk.length > limit)
          throw new PluginError('BODY_TOO_LARGE', `limit ${limit} bytes, decompressed`);
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

/** Bodies over this many bytes are looked through before they are parsed; smaller ones can't use up the memory. */
const SCAN_FROM_BYTES = 1_000_000;

/**
 * Parses a body. A byte order mark is skipped.
 *
 * @param budget told of the memory that the values take beyond what goes without saying
 * @throws PluginError BODY_EMPTY, BODY_NOT_JSON, BODY_TOO_DEEP, BODY_TOO_MANY_VALUES, and what the budget throws
 */
export function parseJson(bytes: Buffer, budget?: ByteBudget): unknown {
  if (bytes.length === 0) throw new PluginError('BODY_EMPTY');
  if (bytes.length > SCAN_FROM_BYTES) {
    const values = countValues(bytes);
    if (values > MAX_VALUES) throw new PluginError('BODY_TOO_MANY_VALUES', `${values} values, limit ${MAX_VALUES}`);
    budget?.add(uncommonBytes(values, bytes.length));
  }
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    throw new PluginError('BODY_NOT_JSON');
  }
}
