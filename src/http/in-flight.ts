// Limits the bytes of request bodies that are held at once.

import { PluginError } from '../errors.js';

/** Counts bytes held; over the limit new requests are refused, so that the sender waits instead of this process running out of memory. */
export class BytesInFlight {
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes. A request alone is always let in, whatever its size. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Reserves bytes for a request.
   *
   * @returns adds to (or, once done, gives back) the reservation
   * @throws PluginError OVERLOADED
   */
  reserve(bytes: number): { add(more: number): void; release(): void } {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limit) throw new PluginError('OVERLOADED');
    let held = bytes;
    this.#bytes += bytes;
    return {
      add: (more) => {
        held += more;
        this.#bytes += more;
      },
      release: () => {
        this.#bytes -= held;
        held = 0;
      },
    };
  }
}
