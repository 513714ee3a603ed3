// Turns the events of one webhook into the calls that the gateway is to store.

import type { EpochMs } from '../../../base/time.js';
import type { Ingested } from '../../../ingest/inbound.js';
import { addressCall, decideOutbound, type ReadyCalls, repeatedExposure } from '../../../ingest/outbound-line.js';
import type { ExposureKey } from '../../../model/conversion.js';
import type { CallFormat } from '../../../model/track-call.js';
import type { ExposureWindow } from './exposure-window.js';
import type { OurSource } from './own-sources.js';

/** What the events of one webhook become. */
export interface ConvertedEvents {
  /** JSON texts with their messageIds. */
  readonly calls: readonly string[];
  /** What became of each event, in order. */
  readonly results: readonly Ingested[];
}

/**
 * Converts all events of a webhook; each bad one has its fault among the results.
 *
 */
export function convertEvents(
  events: readonly unknown[],
  { outbound, target, windowOf }: OurSource,
  window: ExposureWindow,
  receivedAt: EpochMs,
): ConvertedEvents {
  const { workspaceId, exposureWindowMs } = outbound;
  const calls: string[] = [];

  function isRepeated(exposure: ExposureKey, eventId: string, format: CallFormat): boolean {
    if (windowOf === undefined) return false;
    const key = JSON.stringify([workspaceId, target, windowOf.proof, exposure.key, format]);
    const { share } = windowOf;
    return !window.admits({ share, key, value: exposure.value, eventId, windowMs: exposureWindowMs });
  }

  function addCalls(ready: ReadyCalls): Ingested {
    const { eventId, exposure, notes } = ready;
    const fresh = ready.calls.filter(({ format }) => exposure === undefined || !isRepeated(exposure, eventId, format));
    if (fresh.length === 0) return repeatedExposure(outbound);
    for (const call of fresh) calls.push(addressCall(ready, call, target).payload);
    return notes === undefined ? { kind: 'accepted' } : { kind: 'accepted', notes };
  }

  const results = events.map((event): Ingested => {
    const decision = decideOutbound(event, outbound, 'gateway', receivedAt);
    return decision.kind === 'ready' ? addCalls(decision) : decision;
  });
  return { calls, results };
}
