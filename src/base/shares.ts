// Divides limited room among those who use it: where it is full, the one that has the most gives up some of its own.

/** What one of them has. */
export interface Share {
  readonly name: string;
  /** Changed by `Shares` alone. */
  count: number;
}

/** All of them. Nothing here is done for each of them each time. */
export class Shares<S extends Share> {
  #shares = new Map<string, S>();
  #total = 0;
  #largest: S | undefined;
  /** How many may come and go before another can have the most by much. */
  #patience = 0;

  /** What all have together. */
  get total(): number {
    return this.#total;
  }

  get size(): number {
    return this.#shares.size;
  }

  values(): MapIterator<S> {
    return this.#shares.values();
  }

  find(name: string): S | undefined {
    return this.#shares.get(name);
  }

  add(share: S): S {
    this.#shares.set(share.name, share);
    return share;
  }

  /** @param by how many come, or go; a share of nothing is forgotten */
  change(share: S, by: number): void {
    share.count += by;
    this.#total += by;
    if (share.count > 0) return;
    this.#shares.delete(share.name);
    if (this.#largest === share) this.#largest = undefined;
  }

  /**
   * The one that has the most, or nearly: they are not all compared each time.
   *
   * @param come how many have come since this was asked last
   */
  findLargest(come: number): S | undefined {
    this.#patience -= come;
    if (this.#largest !== undefined && this.#patience > 0) return this.#largest;
    let second = 0;
    let largest: S | undefined;
    for (const share of this.#shares.values()) {
      if (share.count > (largest?.count ?? 0)) {
        second = largest?.count ?? 0;
        largest = share;
      } else second = Math.max(second, share.count);
    }
    const most = largest?.count ?? 0;
    this.#largest = largest;
    this.#patience = Math.max((most - second) >> 1, most >> 4);
    return largest;
  }
}
