// Gives discard reasons samples from the live log.

import { refusalReason } from '../../call/verdict.js';
import { kindOfTarget } from '../../outbox/lane-id.js';
import type { LiveEntry } from '../live/shapes.js';
import type { DiscardReason, DiscardSample } from './shapes.js';
import type { CountedDiscard } from './tallies.js';

/** Of each reason. */
const MAX_SAMPLES = 3;

function keyOf({ workspace, outcome, target, reason }: Omit<CountedDiscard, 'direction' | 'count'>): string {
  return [workspace, outcome, target, reason].join('/');
}

/** The reason as the metrics name it. */
function reasonOf({ reason, code, outcome, status = 0 }: LiveEntry): string {
  if (code !== undefined && outcome === 'failed_on_ingest') return code.toLowerCase();
  if (reason !== undefined) return reason;
  return outcome === 'pending_retry' && status >= 400 ? refusalReason({ kind: 'retry', status }) : '';
}

function keyOfEntry(entry: LiveEntry): string {
  const { workspace = '', outcome, target, stage } = entry;
  const isDelivery = stage === 'delivery' && target !== undefined;
  return keyOf({
    workspace,
    outcome: outcome as CountedDiscard['outcome'],
    target: isDelivery ? kindOfTarget(target) : '',
    reason: reasonOf(entry),
  });
}

/** @param entries newest first; what is in them is masked already */
export function withSamples(
  discards: readonly CountedDiscard[],
  entries: Iterable<LiveEntry>,
): readonly DiscardReason[] {
  const samples = new Map<string, DiscardSample[]>(discards.map((discard) => [keyOf(discard), []]));
  for (const entry of entries) {
    const of = samples.get(keyOfEntry(entry));
    if (of === undefined || of.length >= MAX_SAMPLES) continue;
    const { id, at, event, user, hasEvent } = entry;
    of.push({
      id,
      at,
      ...(event !== undefined && { event }),
      ...(user !== undefined && { user }),
      hasEvent: hasEvent === true,
    });
  }
  return discards.map((discard) => ({ ...discard, samples: samples.get(keyOf(discard)) ?? [] }));
}
