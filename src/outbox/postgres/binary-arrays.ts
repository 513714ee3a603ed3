// Arrays as PostgreSQL's protocol has them: as text each value would be quoted here and taken apart there, which takes longer than to store it.

/** Ids of types, which no version changes. */
const TYPES = { uuid: 2950, int4: 23, int8: 20, text: 25 } as const;

type TypeName = keyof typeof TYPES;

/** Bytes of what stands before the values: dimensions, whether there are nulls, the type, how many, the number of the first. */
const HEAD = 20;

/** Bytes of the length before each value. */
const LENGTH = 4;

const NULL = -1;

/** @param bytes of all values with their lengths */
function begin(type: TypeName, count: number, bytes: number, hasNulls = false): Buffer {
  if (count === 0) return beginEmpty(type);
  const buffer = Buffer.allocUnsafe(HEAD + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(TYPES[type], 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

/** An array of nothing has no dimensions. */
function beginEmpty(type: TypeName): Buffer {
  const buffer = Buffer.alloc(12);
  buffer.writeInt32BE(TYPES[type], 8);
  return buffer;
}

/** @param values whole numbers of 32 bits */
export function int4Array(values: readonly number[]): Buffer {
  const buffer = begin('int4', values.length, values.length * (LENGTH + 4));
  let at = HEAD;
  for (const value of values) {
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(value, at);
  }
  return buffer;
}

/** @param values whole numbers that are safe */
export function int8Array(values: readonly number[]): Buffer {
  const buffer = begin('int8', values.length, values.length * (LENGTH + 8));
  let at = HEAD;
  for (const value of values) {
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeBigInt64BE(BigInt(value), at);
  }
  return buffer;
}

/** Characters of a key: each stands for a byte. */
export const KEY_LENGTH = 16;

/** @param keys of `KEY_LENGTH` characters that each stand for a byte; `undefined` for null */
export function uuidArray(keys: readonly (string | undefined)[]): Buffer {
  const nulls = keys.includes(undefined) ? keys.filter((key) => key === undefined).length : 0;
  const buffer = begin('uuid', keys.length, keys.length * LENGTH + (keys.length - nulls) * KEY_LENGTH, nulls > 0);
  let at = HEAD;
  for (const key of keys) {
    at = buffer.writeInt32BE(key === undefined ? NULL : KEY_LENGTH, at);
    if (key !== undefined) at += buffer.write(key, at, KEY_LENGTH, 'latin1');
  }
  return buffer;
}

/** @param texts in UTF-8 */
export function textArray(texts: readonly Buffer[]): Buffer {
  const bytes = texts.reduce((sum, text) => sum + LENGTH + text.length, 0);
  const buffer = begin('text', texts.length, bytes);
  let at = HEAD;
  for (const text of texts) {
    at = buffer.writeInt32BE(text.length, at);
    at += text.copy(buffer, at);
  }
  return buffer;
}
