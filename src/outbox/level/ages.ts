// Knows the oldest of many times as they come and go, without keeping each.

import type { EpochMs } from '../../base/time.js';

interface Bucket {
  readonly second: number;
  oldest: number;
  count: number;
}

/** Times counted by the second, so that a million of them cost little; what it calls the oldest is right to a second. */
export class Ages {
  readonly #buckets = new Map<number, Bucket>();
  /** Buckets by second; those before #head, and emptied ones behind it, are done with. */
  #sorted: Bucket[] = [];
  #head = 0;

  add(time: EpochMs): void {
    const second = Math.floor(time / 1000);
    const bucket = this.#buckets.get(second);
    if (bucket !== undefined) {
      bucket.count += 1;
      bucket.oldest = Math.min(bucket.oldest, time);
      return;
    }
    const added = { second, oldest: time, count: 1 };
    this.#buckets.set(second, added);
    this.#sorted.splice(this.#placeOf(second), 0, added);
  }

  /** Nearly always the end. */
  #placeOf(second: number): number {
    let low = this.#head;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.second ?? second) <= second) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param time one that was added */
  remove(time: EpochMs): void {
    const second = Math.floor(time / 1000);
    const bucket = this.#buckets.get(second);
    if (bucket === undefined) return;
    bucket.count -= 1;
    if (bucket.count > 0) return;
    this.#buckets.delete(second);
    while (this.#head < this.#sorted.length && this.#sorted[this.#head]?.count === 0) this.#head += 1;
    if (this.#head * 2 > this.#sorted.length) {
      this.#sorted = this.#sorted.slice(this.#head);
      this.#head = 0;
    }
  }

  /** `undefined` when there is none. */
  get oldest(): EpochMs | undefined {
    return this.#sorted[this.#head]?.oldest;
  }
}
