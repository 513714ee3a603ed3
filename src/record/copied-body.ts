// The copy of a body that passes, as long as it is not too long.

/** Bytes of one body that are kept; a longer one passes without being kept. */
export const MAX_KEPT_BODY = 1024 * 1024;

/** Bytes of all bodies that are under way, so that many senders at once do not fill the memory. */
export const MAX_KEPT_TOGETHER = 32 * 1024 * 1024;

/** What all copies hold together. */
export interface HeldCopies {
  bytes: number;
}

/** Collects what passes, up to the limits. */
export class CopiedBody {
  readonly #held: HeldCopies;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isWhole = true;

  constructor(held: HeldCopies) {
    this.#held = held;
  }

  add(chunk: Buffer): void {
    if (!this.#isWhole) return;
    if (this.#bytes + chunk.length > MAX_KEPT_BODY || this.#held.bytes + chunk.length > MAX_KEPT_TOGETHER) {
      this.#isWhole = false;
      this.drop();
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#held.bytes += chunk.length;
  }

  /** All that passed, which is not held any longer; `undefined` where it was too much. */
  take(): Buffer | undefined {
    const whole = this.#isWhole ? Buffer.concat(this.#chunks) : undefined;
    this.drop();
    return whole;
  }

  drop(): void {
    this.#held.bytes -= this.#bytes;
    this.#bytes = 0;
    this.#chunks.length = 0;
  }
}
