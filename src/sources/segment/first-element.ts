// Finds the bytes of a JSON array's first element, so that its signature can be checked before the whole array is parsed.

import { findEndOfNested, skipSpace } from '../../http/json-fields.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../http/json-values.js';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes of the first element exactly as sent, or `undefined` where the text is no array that starts with an object. */
export function findFirstElement(bytes: Buffer): Buffer | undefined {
  const hasMark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const array = skipSpace(bytes, hasMark ? BYTE_ORDER_MARK.length : 0);
  if (bytes[array] !== OPEN_ARRAY) return undefined;
  const start = skipSpace(bytes, array + 1);
  if (bytes[start] !== OPEN_OBJECT) return undefined;
  const end = findEndOfNested(bytes, start);
  return end === undefined ? undefined : bytes.subarray(start, end);
}
