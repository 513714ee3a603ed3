// How several workers stand together.

import type { ProcessReadiness } from './readiness.js';

/** One of them. */
export interface WorkerReadiness {
  readonly number: number;
  readonly of: ProcessReadiness;
}

/** How many there are. */
interface Counts {
  readonly wanted: number;
  readonly running: number;
}

/** What the first says is said once; what another says beside it is that other's. */
function* warningsOf(workers: readonly WorkerReadiness[]): Generator<string, void> {
  const [first, ...others] = workers;
  yield* first?.of.warnings ?? [];
  for (const { number, of } of others)
    for (const warning of of.warnings)
      if (first?.of.warnings.includes(warning) !== true) yield `worker ${number}: ${warning}`;
}

/**
 * A connection goes to workers that listen: one that is being replaced takes none from the others.
 *
 * @param workers those that have answered, by their numbers
 * @param isOutboxShared whether each of them takes events; else the first alone does
 */
export function joinReadiness(
  workers: readonly WorkerReadiness[],
  { wanted, running }: Counts,
  isOutboxShared: boolean,
): ProcessReadiness {
  const ofIngest = isOutboxShared ? workers : workers.filter(({ number }) => number === 1);
  const away = wanted - running;
  const silent = running - workers.length;
  return {
    transform: workers.some(({ of }) => of.transform),
    ingest: ofIngest.some(({ of }) => of.ingest),
    warnings: [
      ...(away > 0 ? [`workers: ${away} of ${wanted} do not listen: they start, or ended and are replaced.`] : []),
      ...(silent > 0 ? [`workers: ${silent} of ${wanted} did not answer in time.`] : []),
      ...warningsOf(workers),
    ],
    checks: workers[0]?.of.checks ?? {},
    workers: workers.map(({ number, of: { transform, ingest } }) => ({ worker: number, transform, ingest })),
  };
}
