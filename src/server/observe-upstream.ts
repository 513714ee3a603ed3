// Watches what becomes of the requests that are passed on.

import type { Logger } from '../base/logger.js';
import { Ongoing } from '../base/ongoing.js';
import type { Metrics } from '../operate/metrics.js';
import type { UpstreamOptions } from '../sources/rudderstack/upstream.js';

/** Counts every outcome, but logs only the first of a row of failures. */
export function observeUpstream(metrics: Pick<Metrics, 'countForwarded'>, log: Logger) {
  const trouble = new Ongoing();
  const options: Pick<UpstreamOptions, 'onOutcome' | 'onError'> = {
    onOutcome: (outcome) => {
      metrics.countForwarded(outcome);
      if (outcome === 'forwarded') trouble.ends();
    },
    onError: (error) => {
      if (trouble.begins()) log.warn({ err: error }, 'The upstream transformer fails.');
    },
  };
  return { options, isFailing: () => trouble.goesOn() };
}
