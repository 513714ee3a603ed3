// Adds up what the metrics have counted since the start: by workspace and direction, and by the reason for which events did not go on.

import type { EventLabel } from '../metrics.js';
import type { CountedSeries } from '../series-counter.js';
import { stageIndexOf } from './pipeline.js';
import type { DiscardReason } from './shapes.js';

type EventSeries = readonly CountedSeries<EventLabel>[];

/** Events of one direction of a workspace, since the start. */
export interface Tally {
  received: number;
  converted: number;
  /** Those that came as far as the lists of names. */
  named: number;
  /** Those of them that `includeEvents` does not name. */
  notIncluded: number;
}

/** By `workspace/direction`. */
export type Tallies = ReadonlyMap<string, Readonly<Tally>>;

const NONE: Tally = { received: 0, converted: 0, named: 0, notIncluded: 0 };

export function tallyOf(tallies: Tallies, workspace: string, direction: string): Readonly<Tally> {
  return tallies.get(`${workspace}/${direction}`) ?? NONE;
}

const BY_NAME: ReadonlySet<string> = new Set(['event_excluded', 'event_not_included']);

/** One look at all series. */
export function tallyEvents(series: EventSeries): Tallies {
  const tallies = new Map<string, Tally>();
  for (const { labels, value } of series) {
    const { workspace, direction, outcome, reason } = labels;
    if (stageIndexOf(labels) === -1) continue;
    const key = `${workspace}/${direction}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = { ...NONE };
      tallies.set(key, tally);
    }
    if (outcome === 'received') tally.received += value;
    if (outcome === 'converted') tally.converted += value;
    if (reason === 'event_not_included') tally.notIncluded += value;
    if (outcome === 'converted' || BY_NAME.has(reason)) tally.named += value;
  }
  return tallies;
}

const DISCARDS: ReadonlySet<string> = new Set([
  'filtered',
  'duplicate',
  'failed_on_ingest',
  'pending_retry',
  'failed_delivery',
]);

/** Why events did not go on, and how many. */
export type CountedDiscard = Omit<DiscardReason, 'samples'>;

/** The most frequent first. */
export function discardsOf(series: EventSeries): readonly CountedDiscard[] {
  const reasons = new Map<string, { of: Omit<CountedDiscard, 'count'>; count: number }>();
  for (const { labels, value } of series) {
    const { workspace, direction, target, outcome, reason } = labels;
    if (!DISCARDS.has(outcome) || stageIndexOf(labels) === -1) continue;
    const key = [workspace, direction, target, outcome, reason].join('/');
    const known = reasons.get(key);
    if (known !== undefined) known.count += value;
    else
      reasons.set(key, {
        of: {
          workspace,
          direction: direction === 'outbound' ? 'outbound' : 'inbound',
          target,
          outcome: outcome as DiscardReason['outcome'],
          reason,
        },
        count: value,
      });
  }
  return [...reasons.values()].map(({ of, count }) => ({ ...of, count })).sort((a, b) => b.count - a.count);
}
