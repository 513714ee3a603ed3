// Finds the bytes of a JSON array's first element, so that its signature can be checked before the whole array is parsed.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** The index behind the object that starts at `from`, or `undefined` where it doesn't end. */
function findEnd(bytes: Buffer, from: number): number | undefined {
  let depth = 0;
  let inText = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) {
      inText = true;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The bytes of the first element exactly as sent, or `undefined` where the text is no array that starts with an object. */
export function findFirstElement(bytes: Buffer): Buffer | undefined {
  const hasMark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const array = skipSpace(bytes, hasMark ? BYTE_ORDER_MARK.length : 0);
  if (bytes[array] !== OPEN_ARRAY) return undefined;
  const start = skipSpace(bytes, array + 1);
  if (bytes[start] !== OPEN_OBJECT) return undefined;
  const end = findEnd(bytes, start);
  return end === undefined ? undefined : bytes.subarray(start, end);
}
