// Collects the chunks of a body into its bytes.

/** A chunk costs some hundred bytes beside what it holds. */
const SMALL_BYTES = 1024;

/** So many small chunks are copied into one. */
const MAX_SMALL_CHUNKS = 1000;

/** Chunks in the order in which they came. Anyone who sends a byte at a time makes it hold little more than those bytes. */
export class ByteCollector {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #joined = 0;
  #small = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (chunk.length >= SMALL_BYTES) return;
    this.#small += 1;
    if (this.#small === MAX_SMALL_CHUNKS) this.#join();
  }

  /** Joins what came since the last time, so that each byte is copied once. */
  #join(): void {
    this.#chunks.push(Buffer.concat(this.#chunks.splice(this.#joined)));
    this.#joined = this.#chunks.length;
    this.#small = 0;
  }

  /** All bytes. */
  bytes(): Buffer {
    const [first] = this.#chunks;
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#length);
  }
}
