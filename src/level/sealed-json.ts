// JSON in files that proves itself: a checksum, and the version of its form.

import { crc32 } from 'node:zlib';
import { parseJson } from '../base/json.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { NewerFormatError } from './format.js';

/** The version of all files that are sealed. Those of versions before the first that was counted hold no such number. */
const FORMAT = 1;

function sumOf(content: JsonObject): number {
  return crc32(JSON.stringify(content));
}

/** @param content without the fields `format` and `sum` */
export function sealJson(content: JsonObject): string {
  return JSON.stringify({ ...content, format: FORMAT, sum: sumOf(content) });
}

/**
 * @param what it is, for people
 * @returns `undefined` for text that is not what was written; what an early version wrote, without a checksum, is believed
 * @throws NewerFormatError
 */
export function openSealedJson(text: string, what: string): JsonObject | undefined {
  const read = parseJson(text);
  if (!isJsonObject(read)) return undefined;
  const { format, sum, ...content } = read;
  if (format === undefined && sum === undefined) return content;
  if (sum !== sumOf(content)) return undefined;
  if (typeof format === 'number' && format > FORMAT) throw new NewerFormatError(what, format, FORMAT);
  return content;
}
