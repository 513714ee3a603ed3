// Reads a request body: raw bytes, decompressed bytes, JSON.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import getRawBody from 'raw-body';
import { PluginError } from '../errors.js';

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** As much of a request as reading its body takes. */
export type RequestStream = Readable & Pick<IncomingMessage, 'headers'>;

/** Bodies over this many bytes are scanned for their nesting before they are parsed; in smaller ones it can't use up the memory. */
const SCAN_FROM_BYTES = 1_000_000;

/** Levels of nesting such a body may have. */
const MAX_DEPTH = 10_000;

function isErrorOfType(error: unknown, type: string): boolean {
  return typeof error === 'object' && error !== null && 'type' in error && error.type === type;
}

function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * The body's bytes as they came over the wire.
 *
 * @param limit bytes
 * @throws PluginError BODY_TOO_LARGE, BODY_INCOMPLETE
 */
export async function readRawBody(request: RequestStream, limit: number): Promise<Buffer> {
  try {
    return await getRawBody(request, { length: request.headers['content-length'] ?? null, limit });
  } catch (error) {
    if (isErrorOfType(error, 'entity.too.large')) throw new PluginError('BODY_TOO_LARGE', `limit ${limit} bytes`);
    if (isErrorOfType(error, 'request.aborted') || isErrorOfType(error, 'request.size.invalid'))
      throw new PluginError('BODY_INCOMPLETE');
    throw error;
  }
}

/**
 * The bytes without their Content-Encoding.
 *
 * @param limit bytes after decompression
 * @throws PluginError ENCODING_UNSUPPORTED, ENCODING_BROKEN, BODY_TOO_LARGE
 */
export async function decodeBody(raw: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return raw;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name as keyof typeof DECODERS] : undefined;
  if (decode === undefined) throw new PluginError('ENCODING_UNSUPPORTED', name.slice(0, 40));
  try {
    return await decode(raw, { maxOutputLength: limit });
  } catch (error) {
    if (isErrorWithCode(error, 'ERR_BUFFER_TOO_LARGE'))
      throw new PluginError('BODY_TOO_LARGE', `limit ${limit} bytes, decompressed`);
    throw new PluginError('ENCODING_BROKEN', name);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) {
      inText = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}

/**
 * Parses a body. A byte order mark is skipped.
 *
 * @throws PluginError BODY_EMPTY, BODY_NOT_JSON (with the parser's words, which quote at most a few characters), BODY_TOO_DEEP
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new PluginError('BODY_EMPTY');
  if (bytes.length > SCAN_FROM_BYTES && isTooDeep(bytes))
    throw new PluginError('BODY_TOO_DEEP', `limit ${MAX_DEPTH} levels`);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    throw new PluginError('BODY_NOT_JSON');
  }
}
