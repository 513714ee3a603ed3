// How all workers stand and what they have counted, as any of them tells it.

import { joinReadiness } from '../../operate/join-readiness.js';
import { mergeMetrics } from '../../operate/merge-metrics.js';
import type { Metrics } from '../../operate/metrics.js';
import type { SeenByWorker } from '../../operate/overview/other-workers.js';
import type { ProcessReadiness } from '../../operate/readiness.js';
import type { Crew } from './crew.js';

/** What one process tells of itself, or of all workers. */
export interface Told {
  readonly readiness: () => Promise<ProcessReadiness>;
  readonly scrape: Metrics['scrape'];
}

/**
 * Answers for this worker where another asks.
 *
 * @param isOutboxShared whether each of them takes events
 * @returns the same of all
 */
export function askAllWorkers(
  crew: Crew,
  own: {
    readonly readiness: () => ProcessReadiness;
    readonly metrics: Pick<Metrics, 'samples'>;
    readonly seen: () => SeenByWorker;
  },
  isOutboxShared: boolean,
): Told {
  crew.onQuestion('readiness', async () => JSON.stringify(own.readiness()));
  crew.onQuestion('metrics', async () => JSON.stringify(await own.metrics.samples()));
  crew.onQuestion('overview', async () => JSON.stringify(own.seen()));
  return {
    async readiness() {
      const { answers, counts } = await crew.ask('readiness');
      const read = answers.map(({ number, text }) => ({ number, of: JSON.parse(text) as ProcessReadiness }));
      return joinReadiness(read, counts, isOutboxShared);
    },
    async scrape() {
      const { answers, counts } = await crew.ask('metrics');
      return mergeMetrics(
        answers.map(({ text }) => text),
        counts,
      );
    },
  };
}
