// Unpacks blocks that LevelDB compressed with Snappy, damaged ones as far as they go.

import { ByteReader } from './byte-reader.js';

/** LevelDB makes no larger block than the largest value needs. */
const MOST = 256 << 20;

/** What came out, and whether it is all. */
export interface Unpacked {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** Does not throw: what cannot be unpacked is missing. */
export function unpackSnappy(packed: Buffer): Unpacked {
  let bytes = Buffer.alloc(0);
  let at = 0;
  try {
    const reader = new ByteReader(packed);
    const length = reader.varint();
    // Nothing that is packed is a hundred times as long.
    if (length > Math.min(MOST, packed.length * 100 + 64)) return { bytes, isWhole: false };
    bytes = Buffer.alloc(length);
    while (!reader.isAtEnd) {
      const tag = reader.byte();
      const kind = tag & 3;
      if (kind === 0) {
        const text = reader.take(literalLength(tag >>> 2, reader) + 1);
        if (at + text.length > length) break;
        text.copy(bytes, at);
        at += text.length;
        continue;
      }
      const copied = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const back = kind === 1 ? ((tag >>> 5) << 8) | reader.byte() : littleEndian(reader, kind === 2 ? 2 : 4);
      if (back === 0 || back > at || at + copied > length) break;
      // One by one: a copy may repeat what it has just written.
      for (const end = at + copied; at < end; at += 1) bytes[at] = bytes[at - back] as number;
    }
    return { bytes: bytes.subarray(0, at), isWhole: at === length && reader.isAtEnd };
  } catch {
    return { bytes: bytes.subarray(0, at), isWhole: false };
  }
}

function literalLength(short: number, reader: ByteReader): number {
  return short < 60 ? short : littleEndian(reader, short - 59);
}

function littleEndian(reader: ByteReader, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index += 1) value += reader.byte() * 2 ** (8 * index);
  return value;
}
