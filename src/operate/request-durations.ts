// The histogram of requests. `observe` of prom-client makes a text of the labels and looks its buckets up by the text of their bounds: at one event per request that is a fiftieth of all time.

import { Histogram } from 'prom-client';

const NAME = 'statsig_cdp_request_duration_seconds';

/** Seconds. What is longer counts in none. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

const DESCRIPTION = {
  name: NAME,
  help: 'Time from the request line to the last byte of the answer.',
  labelNames: ['route', 'status'],
  buckets: BOUNDS,
};

type Registers = NonNullable<ConstructorParameters<typeof Histogram>[0]['registers']>;

type Values = Awaited<ReturnType<Histogram['get']>>;

/** Requests of one route that were answered with one status. */
interface Durations {
  readonly labels: { readonly route: string; readonly status: number };
  /** By the first bound that they do not exceed. */
  readonly within: number[];
  count: number;
  /** Seconds. */
  sum: number;
}

function valuesOf({ labels, within, count, sum }: Durations): Values['values'] {
  let upTo = 0;
  const buckets = BOUNDS.map((le, index) => {
    upTo += within[index] ?? 0;
    return { metricName: `${NAME}_bucket`, labels: { le, ...labels }, value: upTo };
  });
  return [
    ...buckets,
    { metricName: `${NAME}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${NAME}_sum`, labels, value: sum },
    { metricName: `${NAME}_count`, labels, value: count },
  ];
}

/** What is scraped is what is counted here. `observe` of prom-client counts nothing. */
export class RequestDurations extends Histogram {
  /** Says what is scraped beside the counts. */
  readonly #blank = new Histogram({ ...DESCRIPTION, registers: [] });
  readonly #byRoute = new Map<string, Map<number, Durations>>();

  constructor(registers: Registers) {
    super({ ...DESCRIPTION, registers });
  }

  add(route: string, status: number, seconds: number): void {
    const durations = this.#durationsOf(route, status);
    durations.count += 1;
    durations.sum += seconds;
    for (let i = 0; i < BOUNDS.length; i++) {
      if (seconds > (BOUNDS[i] ?? 0)) continue;
      durations.within[i] = (durations.within[i] ?? 0) + 1;
      return;
    }
  }

  #durationsOf(route: string, status: number): Durations {
    let byStatus = this.#byRoute.get(route);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.#byRoute.set(route, byStatus);
    }
    let durations = byStatus.get(status);
    if (durations === undefined) {
      durations = { labels: { route, status }, within: BOUNDS.map(() => 0), count: 0, sum: 0 };
      byStatus.set(status, durations);
    }
    return durations;
  }

  override get(): Promise<Values> {
    return this.getForPromString();
  }

  /** The registry of prom-client asks a histogram for this. */
  async getForPromString(): Promise<Values> {
    const values = [...this.#byRoute.values()].flatMap((byStatus) => [...byStatus.values()].flatMap(valuesOf));
    return { ...(await this.#blank.get()), values };
  }
}
