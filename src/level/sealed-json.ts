// JSON in files that proves itself: a checksum, and the version of its form.

import { parseJson } from '../base/json.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { assertKnownFormat, sumOf } from './seal.js';

/** The version of all files that are sealed. Those of versions before the first that was counted hold no such number. */
const FORMAT = 1;

/** @param content without the fields `format` and `sum` */
export function sealJson(content: JsonObject): string {
  return JSON.stringify({ ...content, format: FORMAT, sum: sumOf(JSON.stringify(content)) });
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
  if (sum !== sumOf(JSON.stringify(content))) return undefined;
  assertKnownFormat(what, format, FORMAT);
  return content;
}
