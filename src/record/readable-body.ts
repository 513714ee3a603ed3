// Reads the bytes of a body as people can read them: what was compressed, and JSON, where nothing is lost by it.

import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { parseJson } from '../base/json.js';
import type { FixtureBody, Json } from '../contract/fixture.js';
import { headerOf } from './seen-headers.js';

/** Bytes that a compressed body may come to: a few bytes of gzip can ask for gigabytes. */
const MAX_INFLATED = 8 * 1024 * 1024;

const INFLATE = {
  gzip: (bytes: Buffer) => gunzipSync(bytes, { maxOutputLength: MAX_INFLATED }),
  deflate: (bytes: Buffer) => inflateSync(bytes, { maxOutputLength: MAX_INFLATED }),
  br: (bytes: Buffer) => brotliDecompressSync(bytes, { maxOutputLength: MAX_INFLATED }),
};

type Encoding = keyof typeof INFLATE;

/** A body that is no text: it cannot be looked through for secrets. The message says why. */
export class UnreadableBodyError extends Error {}

const STRING_OR_BLANKS = /"(?:[^"\\]|\\.)*"|\s+/g;

/** The same JSON text without blanks and with its strings escaped as JavaScript does it; `undefined` where a string is none. */
function withPlainStrings(text: string): string {
  return text.replace(STRING_OR_BLANKS, (part) => (part.startsWith('"') ? JSON.stringify(parseJson(part)) : ''));
}

/** The value of a JSON text that says it all: no number, no order of fields and no repeated field is lost. */
export function readLosslessJson(text: string): Json | undefined {
  const value = parseJson(text) as Json | undefined;
  if (value === undefined) return undefined;
  try {
    return JSON.stringify(value) === withPlainStrings(text) ? value : undefined;
  } catch {
    // It is nested deeper than can be written.
    return undefined;
  }
}

/** A body, and how it was compressed. */
export interface ReadableBody extends FixtureBody {
  readonly encoding?: Encoding;
}

function decode(bytes: Buffer, encoding: string): Buffer {
  if (!(encoding in INFLATE)) throw new UnreadableBodyError(`it is encoded as ${encoding.slice(0, 20)}`);
  try {
    return INFLATE[encoding as Encoding](bytes);
  } catch {
    throw new UnreadableBodyError(`it is no ${encoding}, or too much of it`);
  }
}

/**
 * The body of a message.
 *
 * @param rawHeaders names and values in turn
 * @throws UnreadableBodyError for what is no UTF-8 text, compressed or not
 */
export function readBody(bytes: Buffer, rawHeaders: readonly string[]): ReadableBody {
  if (bytes.length === 0) return {};
  const encoding = headerOf(rawHeaders, 'content-encoding')?.toLowerCase().trim() ?? 'identity';
  const isPlain = encoding === 'identity' || encoding === '';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(isPlain ? bytes : decode(bytes, encoding));
  } catch (error) {
    throw error instanceof UnreadableBodyError ? error : new UnreadableBodyError('it is no text');
  }
  const value = readLosslessJson(text);
  return {
    ...(value === undefined ? { bodyString: text } : { body: value }),
    ...(!isPlain && { encoding: encoding as Encoding }),
  };
}
