// Writes a long answer piece by piece into bytes.
//
// Joining the texts of a batch and encoding the whole costs about as much again as converting its events: the joined text is built, measured and
// copied in full. Here each piece is encoded once, into a buffer that the next answer uses again.

import type { ByteBudget } from './in-flight.js';

const CHUNK_BYTES = 1024 * 1024;

/** A character of a string takes at most this many bytes of UTF-8. */
const MAX_BYTES_PER_CHARACTER = 3;

/** A buffer that no answer is using. */
let spare: Buffer | undefined;

/** An answer on its way. One that is not finished is simply dropped. */
export class ResponseWriter {
  readonly #budget: ByteBudget | undefined;
  #buffer: Buffer;
  #used = 0;
  readonly #chunks: Buffer[] = [];

  /** @param budget told of the bytes before they are kept */
  constructor(budget?: ByteBudget) {
    this.#budget = budget;
    this.#buffer = spare ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    spare = undefined;
  }

  /** @throws PluginError what the budget throws */
  add(text: string): void {
    const room = text.length * MAX_BYTES_PER_CHARACTER;
    if (this.#used + room > CHUNK_BYTES) this.#flush();
    if (room > CHUNK_BYTES) {
      this.#budget?.add(Buffer.byteLength(text));
      this.#chunks.push(Buffer.from(text));
    } else this.#used += this.#buffer.write(text, this.#used);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#budget?.add(this.#used);
    this.#chunks.push(Buffer.from(this.#buffer.subarray(0, this.#used)));
    this.#used = 0;
  }

  /** The bytes written, in order. Nothing can be added any more. */
  finish(): readonly Buffer[] {
    this.#flush();
    spare = this.#buffer;
    return this.#chunks;
  }
}
