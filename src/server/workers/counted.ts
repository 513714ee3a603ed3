// Keeps what workers have counted while one is silent and after it has ended: a sum that goes down is taken for a restart, and what is left of it counted again.

/** Samples of a metric, as prom-client writes them to JSON. */
interface Samples {
  readonly name: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values: readonly {
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[];
}

/** Without what a worker that ended, or does not answer, cannot say any more. */
function countersOf(text: string): readonly Samples[] {
  const samples: readonly Samples[] = JSON.parse(text);
  return samples.filter(({ type, aggregator = 'sum' }) => type !== 'gauge' && aggregator === 'sum');
}

function addUp(one: readonly Samples[], other: readonly Samples[]): readonly Samples[] {
  const sums = new Map(one.map((metric) => [metric.name, metric]));
  for (const metric of other) {
    const values = new Map<string, Samples['values'][number]>();
    for (const sample of [...(sums.get(metric.name)?.values ?? []), ...metric.values]) {
      const key = `${sample.metricName ?? ''} ${JSON.stringify(sample.labels)}`;
      values.set(key, { ...sample, value: sample.value + (values.get(key)?.value ?? 0) });
    }
    sums.set(metric.name, { ...metric, values: [...values.values()] });
  }
  return [...sums.values()];
}

/** What all workers of one start have counted. Texts are the JSON of samples. */
export class Counted {
  /** As each that runs said it last. */
  readonly #last = new Map<number, string>();
  #ended: readonly Samples[] = [];

  /** @param number of the worker that says it */
  take(number: number, text: string): void {
    this.#last.set(number, text);
  }

  /** What it has counted stays; the next of this number begins with nothing. */
  leave(number: number): void {
    const text = this.#last.get(number);
    if (text === undefined) return;
    this.#last.delete(number);
    this.#ended = addUp(this.#ended, countersOf(text));
  }

  /** @param answered those that have just said it @returns what they said, the counters of those that are silent, and of those that ended (as worker 0) */
  all(answered: ReadonlySet<number>): readonly { readonly number: number; readonly text: string }[] {
    const running = [...this.#last].map(([number, text]) => ({
      number,
      text: answered.has(number) ? text : JSON.stringify(countersOf(text)),
    }));
    return [{ number: 0, text: JSON.stringify(this.#ended) }, ...running];
  }
}
