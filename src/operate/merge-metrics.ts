// Makes one scrape of what several workers have counted.

import { AggregatorRegistry, Gauge, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';
import { type Metrics, writeMetrics } from './metrics.js';

/** How many workers there are. */
interface Counts {
  readonly wanted: number;
  readonly running: number;
  readonly replaced: number;
}

/** @param texts JSON of the samples of each @returns counts added up, and each gauge as it says itself: what is of the whole outbox is not added up */
export async function mergeMetrics(
  texts: readonly string[],
  { wanted, running, replaced }: Counts,
): ReturnType<Metrics['scrape']> {
  const samples = texts.map((text): MetricObjectWithValues<MetricValue<string>>[] => JSON.parse(text));
  const registry: Registry = AggregatorRegistry.aggregate(samples);
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers: [registry] }).set(value);
  gauge('statsig_cdp_workers_wanted', 'Workers that there are to be.', wanted);
  gauge('statsig_cdp_workers', 'Workers that run now.', running);
  gauge('statsig_cdp_workers_replaced', 'Workers that ended and were replaced since the start.', replaced);
  return { contentType: registry.contentType, text: await writeMetrics(registry) };
}
