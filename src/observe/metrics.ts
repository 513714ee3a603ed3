// Prometheus metrics. Every label has a closed set of values.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CacheCounts } from '../workspace/cache.js';
import type { DeliveryTally } from './delivery-tally.js';
import type { EventTally } from './event-tally.js';

/** What the metrics read when they are scraped. */
export interface MetricSources {
  cacheCounts(): CacheCounts;
  bytesInFlight(): number;
}

/** What the rest of the program tells the metrics. */
export interface Metrics {
  /** Events of one transform request. `stage` is rudder-server's word: processor, router, batch. */
  countTransformed(stage: string, tally: EventTally): void;
  countDelivered(tally: DeliveryTally): void;
  countForwarded(outcome: 'forwarded' | 'unreachable' | 'broken'): void;
  /** @param route one of the manifest's paths */
  observeRequest(route: string, status: number, seconds: number): void;
  /** The text of a scrape and its media type. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const events = new Counter({
    name: 'statsig_cdp_events_total',
    help: 'Inbound events by outcome: received, converted, filtered, failed_on_ingest, delivered, pending_retry, failed_delivery.',
    labelNames: ['protocol', 'stage', 'outcome', 'reason'],
    registers,
  });
  const forwarded = new Counter({
    name: 'statsig_cdp_upstream_requests_total',
    help: 'Requests passed to the upstream transformer by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const requests = new Histogram({
    name: 'statsig_cdp_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers,
  });
  new Gauge({
    name: 'statsig_cdp_bytes_in_flight',
    help: 'Bytes of request bodies held now.',
    registers,
    collect() {
      this.set(sources.bytesInFlight());
    },
  });
  const cache = new Gauge({
    name: 'statsig_cdp_config_cache_total',
    help: 'Compiled workspaces: look-ups that hit, missed, and entries evicted, since the start.',
    labelNames: ['result'],
    registers,
    collect() {
      const { hits, misses, evictions } = sources.cacheCounts();
      cache.set({ result: 'hit' }, hits);
      cache.set({ result: 'miss' }, misses);
      cache.set({ result: 'eviction' }, evictions);
    },
  });

  const count = (stage: string, outcome: string, reason: string, events_: number): void => {
    if (events_ > 0) events.inc({ protocol: 'rudderstack', stage, outcome, reason }, events_);
  };

  return {
    countTransformed(stage, tally) {
      count(stage, 'received', '', tally.total);
      count(stage, 'converted', '', tally.converted);
      for (const [reason, n] of tally.filtered) count(stage, 'filtered', reason, n);
      for (const [code, n] of tally.invalid) count(stage, 'failed_on_ingest', code.toLowerCase(), n);
    },
    countDelivered(tally) {
      count('proxy', 'delivered', '', tally.delivered);
      count('proxy', 'pending_retry', '', tally.pendingRetry);
      count('proxy', 'failed_delivery', '', tally.failedDelivery);
    },
    countForwarded: (outcome) => forwarded.inc({ outcome }),
    observeRequest: (route, status, seconds) => requests.observe({ route, status }, seconds),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
