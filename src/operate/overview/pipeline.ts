// Reads from the counters of the metrics how far events came, in the words of Segment's Delivery Overview.

import type { EventLabel } from '../metrics.js';
import type { CountedSeries } from '../series-counter.js';
import type { Stage, StageCounts } from './shapes.js';

/** All stages, in the order in which events pass them. */
export const STAGES: readonly Stage[] = [
  'received',
  'failed_on_ingest',
  'filtered',
  'converted',
  'delivered',
  'pending_retry',
  'failed_delivery',
];

/** A count of each stage, in their order. */
export type Counts = number[];

export function noCounts(): Counts {
  return STAGES.map(() => 0);
}

export function addCounts(to: Counts, counts: readonly number[]): void {
  for (let at = 0; at < STAGES.length; at += 1) to[at] = (to[at] ?? 0) + (counts[at] ?? 0);
}

export function stageCounts(counts: readonly number[]): StageCounts {
  return Object.fromEntries(STAGES.map((stage, at) => [stage, counts[at] ?? 0])) as StageCounts;
}

/** Names a row: `workspace/direction/target`. No part holds a slash. */
export type RowKey = `${string}/${string}/${string}`;

type Labels = CountedSeries<EventLabel>['labels'];

export function rowKeyOf({ workspace, direction, target }: Labels): RowKey {
  return `${workspace}/${direction}/${target}`;
}

/**
 * The place in `STAGES` of what is counted; -1 for what is counted elsewhere already: rudder-server sends events once more in batches, when they are transformed. A repeated event counts
 * as filtered.
 */
export function stageIndexOf({ stage, outcome }: Labels): number {
  if (stage === 'batch' && outcome !== 'failed_on_ingest') return -1;
  return STAGES.indexOf((outcome === 'duplicate' ? 'filtered' : outcome) as Stage);
}

/** What was counted since the last look, by row. */
export type Differences = ReadonlyMap<RowKey, Counts>;

/** Looks at counters from time to time, so that those who count pay nothing. @returns what was counted since the last look */
export function createDifferences(series: readonly CountedSeries<EventLabel>[]): () => Differences {
  /** By place in the series, which stay where they are. */
  const seen: { readonly key: RowKey; readonly stage: number; value: number }[] = [];
  return () => {
    const found = new Map<RowKey, Counts>();
    for (let at = 0; at < series.length; at += 1) {
      const { labels, value } = series[at] as CountedSeries<EventLabel>;
      let known = seen[at];
      if (known === undefined) {
        known = { key: rowKeyOf(labels), stage: stageIndexOf(labels), value: 0 };
        seen[at] = known;
      }
      const difference = value - known.value;
      known.value = value;
      if (difference <= 0 || known.stage === -1) continue;
      let counts = found.get(known.key);
      if (counts === undefined) {
        counts = noCounts();
        found.set(known.key, counts);
      }
      counts[known.stage] = (counts[known.stage] as number) + difference;
    }
    return found;
  };
}
