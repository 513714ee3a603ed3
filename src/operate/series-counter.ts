// A counter of prom-client that is cheap to count with. Its own `inc` makes a string of all labels each time to find their count by, which is a good part of what a
// request of one event costs.

import { Counter, type CounterConfiguration } from 'prom-client';

type Labels<T extends string> = Record<T, string>;

type Values<T extends string> = Awaited<ReturnType<Counter<T>['get']>>;

// Classes, whose fields are all there from the start: of object literals that get theirs later V8 compiled `add` over and over, and dropped it each time.

/** A count with its labels. */
export interface CountedSeries<T extends string> {
  readonly labels: Readonly<Labels<T>>;
  readonly value: number;
}

class Series<T extends string> {
  readonly labels: Labels<T>;
  value = 0;

  constructor(labels: Labels<T>) {
    this.labels = labels;
  }
}

/** What is known of the labels that begin alike. */
class Branch<T extends string> {
  readonly next = new Map<string, Branch<T>>();
  series: Series<T> | undefined = undefined;
}

/** What is scraped is what is counted here. `inc` of prom-client counts nothing. */
export class SeriesCounter<T extends string> extends Counter<T> {
  readonly #series: Series<T>[] = [];
  readonly #root = new Branch<T>();
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
        next = new Branch();
        branch.next.set(value, next);
      }
      branch = next;
    }
    if (branch.series === undefined) {
      branch.series = new Series(this.#labelsOf(path));
      this.#series.push(branch.series);
    }
    branch.series.value += n;
  }

  /** All that was counted since the start. Series stay where they are, and new ones follow. */
  get series(): readonly CountedSeries<T>[] {
    return this.#series;
  }

  override async get(): Promise<Values<T>> {
    return { ...(await super.get()), values: this.#series };
  }
}
