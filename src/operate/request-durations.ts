// The histogram of requests. `observe` of prom-client makes a string of the labels and looks its buckets up by that of their bounds: at one event per request that is a fiftieth of all time.

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

/** Requests of one route that were answered with one status. Numbers stand in arrays of numbers: a field that turns from a whole one into a fraction makes V8 compile anew what uses it. */
class Durations {
  readonly labels: { readonly route: string; readonly status: number };
  /** By the first bound that they do not exceed; behind them those that exceed all. */
  readonly within = new Float64Array(BOUNDS.length + 1);
  /** Seconds. */
  readonly sum = new Float64Array(1);

  constructor(route: string, status: number) {
    this.labels = { route, status };
  }

  add(seconds: number): void {
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at += 1;
    this.within[at] = (this.within[at] as number) + 1;
    this.sum[0] = (this.sum[0] as number) + seconds;
  }
}

function valuesOf({ labels, within, sum }: Durations): Values['values'] {
  const count = within.reduce((all, each) => all + each, 0);
  let upTo = 0;
  const buckets = BOUNDS.map((le, index) => {
    upTo += within[index] ?? 0;
    return { metricName: `${NAME}_bucket`, labels: { le, ...labels }, value: upTo };
  });
  return [
    ...buckets,
    { metricName: `${NAME}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${NAME}_sum`, labels, value: sum[0] ?? 0 },
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
    this.#durationsOf(route, status).add(seconds);
  }

  #durationsOf(route: string, status: number): Durations {
    let byStatus = this.#byRoute.get(route);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.#byRoute.set(route, byStatus);
    }
    let durations = byStatus.get(status);
    if (durations === undefined) {
      durations = new Durations(route, status);
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
