// A counter of prom-client that is cheap to count with. Its own `inc` makes a text of all labels each time to find their count by, which is a good part of what a
// request of one event costs.

import { Counter, type CounterConfiguration } from 'prom-client';

type Labels<T extends string> = Record<T, string>;

type Values<T extends string> = Awaited<ReturnType<Counter<T>['get']>>;

/** A count with its labels. */
interface Series<T extends string> {
  readonly labels: Labels<T>;
  value: number;
}

/** What is known of the labels that begin alike. */
interface Branch<T extends string> {
  readonly next: Map<string, Branch<T>>;
  series?: Series<T>;
}

/** What is scraped is what is counted here. `inc` of prom-client counts nothing. */
export class SeriesCounter<T extends string> extends Counter<T> {
  readonly #series: Series<T>[] = [];
  readonly #root: Branch<T> = { next: new Map() };
  readonly #labelsOf: (path: readonly string[]) => Labels<T>;

  /** @param labelsOf the labels, in the order of the text that is scraped, of a path as `add` takes it */
  constructor(configuration: CounterConfiguration<T>, labelsOf: (path: readonly string[]) => Labels<T>) {
    super(configuration);
    this.#labelsOf = labelsOf;
  }

  /** @param path the values of all labels, those with the fewest values first: then the paths take little memory */
  add(path: readonly string[], n: number): void {
    let branch = this.#root;
    for (const value of path) {
      let next = branch.next.get(value);
      if (next === undefined) {
        next = { next: new Map() };
        branch.next.set(value, next);
      }
      branch = next;
    }
    if (branch.series === undefined) {
      branch.series = { labels: this.#labelsOf(path), value: 0 };
      this.#series.push(branch.series);
    }
    branch.series.value += n;
  }

  override async get(): Promise<Values<T>> {
    return { ...(await super.get()), values: this.#series };
  }
}
