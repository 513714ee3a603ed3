// The newest of what arrives, bounded.

/** Keeps the newest items. */
export class Ring<Item> {
  readonly #items: (Item | undefined)[];
  readonly #capacity: number;
  #next = 0;
  #size = 0;

  /** @param capacity how many are kept */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#items = new Array<Item | undefined>(capacity).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes items, oldest first; the oldest of all make room. */
  push(items: readonly Item[]): void {
    for (const item of items) {
      this.#items[this.#next] = item;
      this.#next = (this.#next + 1) % this.#capacity;
      if (this.#size < this.#capacity) this.#size += 1;
    }
  }

  /** The item that so many newer ones stand before: 0 is the newest. */
  newest(index: number): Item | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    return this.#items[(this.#next - 1 - index + this.#capacity * 2) % this.#capacity];
  }

  /** All of them, newest first. */
  toArray(): readonly Item[] {
    return Array.from({ length: this.#size }, (_, index) => this.newest(index)).filter((item) => item !== undefined);
  }
}
