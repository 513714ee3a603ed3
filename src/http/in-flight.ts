// Limits the memory that requests take at once: the bytes of their bodies and answers, and the heap for what is parsed.

import { PluginError } from '../errors.js';
import { HEAP_FOR_BODIES } from './json-values.js';

/** Takes account of bytes for which memory is taken. */
export interface ByteBudget {
  /** @throws PluginError OVERLOADED where there is no room for them */
  add(bytes: number): void;
}

/** Takes account of heap for which parsed values are to be made. */
export interface HeapBudget {
  /**
   * Takes so many bytes where there is plenty of room, and says whether it did: then nothing needs to be counted.
   *
   * @param bytes more than is needed, whatever is parsed
   */
  takeSpare(bytes: number): boolean;
  /** @throws PluginError BODY_TOO_MANY_VALUES where they are more than a request may ever have; OVERLOADED where others have taken them */
  take(bytes: number): void;
  /** Gives back what a part took of which nothing is left. */
  giveBack(bytes: number): void;
  /** Bytes taken. */
  readonly taken: number;
}

/** The memory that one request holds. */
export interface HeldBytes extends ByteBudget {
  readonly heap: HeapBudget;
  /** Bytes of the answer, which are held until `releaseAnswer`. */
  readonly answer: ByteBudget;
  /** Gives back all but the answer. */
  release(): void;
  releaseAnswer(): void;
}

/** What may be taken without counting, of the whole: the other half is for those that have to count. */
const SPARE_SHARE = 1 / 2;

/** Counts the memory held; over the limit requests are refused, so that the sender waits instead of this process running out of memory. */
export class BytesInFlight {
  readonly #limit: number;
  readonly #heapLimit: number;
  #bytes = 0;
  #heap = 0;

  /**
   * @param limit bytes of bodies and answers. A request alone is always let in, whatever its size.
   * @param heapLimit bytes of heap for parsed values
   */
  constructor(limit: number, heapLimit = HEAP_FOR_BODIES) {
    this.#limit = limit;
    this.#heapLimit = heapLimit;
  }

  /** Bytes of bodies and answers held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of heap taken now, at most. */
  get heapBytes(): number {
    return this.#heap;
  }

  /**
   * Lets a request in. It counts with the bytes that it adds as they come: what is only announced takes no memory and keeps no one out.
   *
   * @param announced bytes; a request that would not fit is refused before it sends them
   * @throws PluginError OVERLOADED
   */
  admit(announced: number): HeldBytes {
    let held = 0;
    let heldByAnswer = 0;
    const assertRoom = (more: number) => {
      const isAlone = this.#bytes === held + heldByAnswer;
      if (!isAlone && this.#bytes + more > this.#limit) throw new PluginError('OVERLOADED');
    };
    assertRoom(announced);
    const heap = this.#openHeap();
    return {
      heap,
      add: (more) => {
        assertRoom(more);
        held += more;
        this.#bytes += more;
      },
      answer: {
        add: (more) => {
          assertRoom(more);
          heldByAnswer += more;
          this.#bytes += more;
        },
      },
      release: () => {
        this.#bytes -= held;
        held = 0;
        heap.giveBack(heap.taken);
      },
      releaseAnswer: () => {
        this.#bytes -= heldByAnswer;
        heldByAnswer = 0;
      },
    };
  }

  #openHeap(): HeapBudget {
    let taken = 0;
    const put = (bytes: number) => {
      taken += bytes;
      this.#heap += bytes;
    };
    return {
      get taken() {
        return taken;
      },
      takeSpare: (bytes) => {
        if (this.#heap + bytes > this.#heapLimit * SPARE_SHARE) return false;
        put(bytes);
        return true;
      },
      take: (bytes) => {
        if (taken + bytes > this.#heapLimit) throw new PluginError('BODY_TOO_MANY_VALUES');
        if (this.#heap + bytes > this.#heapLimit) throw new PluginError('OVERLOADED');
        put(bytes);
      },
      giveBack: (bytes) => put(-bytes),
    };
  }
}
