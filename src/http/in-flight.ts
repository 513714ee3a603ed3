// Limits the bytes of request bodies that are held at once.

import { PluginError } from '../errors.js';

/** Takes account of bytes for which memory is taken. */
export interface ByteBudget {
  /** @throws PluginError OVERLOADED where there is no room for them */
  add(bytes: number): void;
}

/** The bytes that one request holds. */
export interface HeldBytes extends ByteBudget {
  /** Gives all of them back. */
  release(): void;
}

/** Counts the bytes held; over the limit requests are refused, so that the sender waits instead of this process running out of memory. */
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
   * Lets a request in. It counts with the bytes that it adds as they come: what is only announced takes no memory and keeps nobody out.
   *
   * @param announced bytes; a request that would not fit is refused before it sends them
   * @throws PluginError OVERLOADED
   */
  admit(announced: number): HeldBytes {
    let held = 0;
    const assertRoom = (more: number) => {
      const isAlone = this.#bytes === held;
      if (!isAlone && this.#bytes + more > this.#limit) throw new PluginError('OVERLOADED');
    };
    assertRoom(announced);
    return {
      add: (more) => {
        assertRoom(more);
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
