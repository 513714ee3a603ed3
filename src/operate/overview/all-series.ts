// Adds up what several workers have counted, each from its own start, into series that stay where they are.

import type { CountedSeries } from '../series-counter.js';

interface Sum<T extends string> {
  readonly labels: CountedSeries<T>['labels'];
  value: number;
}

/** One counter of all workers. */
export class AllSeries<T extends string> {
  /** New ones follow. */
  readonly series: Sum<T>[] = [];
  readonly #byLabels = new Map<string, Sum<T>>();
  /** What each had counted when it was last asked, by place in its series. */
  readonly #seen = new Map<string, number[]>();

  /** @param who one process: its successor counts anew */
  add(who: string, series: readonly CountedSeries<T>[]): void {
    const seen = this.#seen.get(who) ?? [];
    this.#seen.set(who, seen);
    for (const [at, { labels, value }] of series.entries()) {
      const difference = value - (seen[at] ?? 0);
      seen[at] = value;
      if (difference > 0) this.#sumOf(labels).value += difference;
    }
  }

  #sumOf(labels: Sum<T>['labels']): Sum<T> {
    const key = JSON.stringify(Object.values(labels));
    let sum = this.#byLabels.get(key);
    if (sum === undefined) {
      sum = { labels, value: 0 };
      this.#byLabels.set(key, sum);
      this.series.push(sum);
    }
    return sum;
  }
}
