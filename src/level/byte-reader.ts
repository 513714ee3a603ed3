// Reads numbers and pieces out of bytes as LevelDB writes them.

/** Reads on from where the last read ended. Every read throws RangeError where the bytes end too soon. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  /** Where the next read begins. */
  at: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  byte(): number {
    if (this.at >= this.#end) throw new RangeError('the bytes end within a number');
    this.at += 1;
    return this.#bytes[this.at - 1] as number;
  }

  /** A number of seven bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is too large');
  }

  /** The next bytes; not a copy. */
  take(length: number): Buffer {
    if (length > this.#end - this.at) throw new RangeError('the bytes end within a piece');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** A piece that is preceded by its length. */
  piece(): Buffer {
    return this.take(this.varint());
  }
}

/** Eight bytes, the lowest first. @throws RangeError beyond what a number holds exactly */
export function readUint64(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  if (!Number.isSafeInteger(value)) throw new RangeError('a number is too large');
  return value;
}
