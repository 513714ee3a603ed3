// Limits the memory that requests take at once: the bytes of their bodies and answers, and the heap for what is parsed.

import { PluginError } from '../base/errors.js';
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
  /** Adds bytes of the answer, which are held until `releaseResponse`. @throws PluginError OVERLOADED where there is no room for them */
  addToResponse(bytes: number): void;
  /** Gives back all but the answer. */
  release(): void;
  releaseResponse(): void;
}

/** What may be taken without counting, of the whole: the other half is for those that have to count. */
const SPARE_SHARE = 1 / 2;

/** What all requests hold together, and the most that they may. */
interface Held {
  readonly limit: number;
  readonly heapLimit: number;
  bytes: number;
  heap: number;
}

class RequestHeap implements HeapBudget {
  readonly #all: Held;
  #taken = 0;

  constructor(all: Held) {
    this.#all = all;
  }

  get taken(): number {
    return this.#taken;
  }

  takeSpare(bytes: number): boolean {
    if (this.#all.heap + bytes > this.#all.heapLimit * SPARE_SHARE) return false;
    this.#put(bytes);
    return true;
  }

  take(bytes: number): void {
    const { heap, heapLimit } = this.#all;
    if (this.#taken + bytes > heapLimit) throw new PluginError('BODY_TOO_MANY_VALUES');
    if (heap + bytes > heapLimit) throw new PluginError('OVERLOADED');
    this.#put(bytes);
  }

  giveBack(bytes: number): void {
    this.#put(-bytes);
  }

  #put(bytes: number): void {
    this.#taken += bytes;
    this.#all.heap += bytes;
  }
}

class RequestBytes implements HeldBytes {
  readonly heap: HeapBudget;
  readonly #all: Held;
  #body = 0;
  #answer = 0;

  constructor(all: Held) {
    this.#all = all;
    this.heap = new RequestHeap(all);
  }

  /** @throws PluginError OVERLOADED */
  assertRoom(more: number): void {
    const { bytes, limit } = this.#all;
    const isAlone = bytes === this.#body + this.#answer;
    if (!isAlone && bytes + more > limit) throw new PluginError('OVERLOADED');
  }

  add(more: number): void {
    this.assertRoom(more);
    this.#body += more;
    this.#all.bytes += more;
  }

  addToResponse(more: number): void {
    this.assertRoom(more);
    this.#answer += more;
    this.#all.bytes += more;
  }

  release(): void {
    this.#all.bytes -= this.#body;
    this.#body = 0;
    this.heap.giveBack(this.heap.taken);
  }

  releaseResponse(): void {
    this.#all.bytes -= this.#answer;
    this.#answer = 0;
  }
}

/** Counts the memory held; over the limit requests are refused, so that the sender waits instead of this process running out of memory. */
export class BytesInFlight {
  readonly #all: Held;

  /**
   * @param limit bytes of bodies and answers. A request alone is always let in, whatever its size.
   * @param heapLimit bytes of heap for parsed values
   */
  constructor(limit: number, heapLimit = HEAP_FOR_BODIES) {
    this.#all = { limit, heapLimit, bytes: 0, heap: 0 };
  }

  /** Bytes of bodies and answers held now. */
  get bytes(): number {
    return this.#all.bytes;
  }

  /** Bytes of heap taken now, at most. */
  get heapBytes(): number {
    return this.#all.heap;
  }

  /**
   * Lets a request in. It counts with the bytes that it adds as they come: what is only announced takes no memory and keeps no one out.
   *
   * @param announced bytes; a request that would not fit is refused before it sends them
   * @throws PluginError OVERLOADED
   */
  admit(announced: number): HeldBytes {
    const held = new RequestBytes(this.#all);
    held.assertRoom(announced);
    return held;
  }
}
