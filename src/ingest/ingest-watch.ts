// What is told of events on their way in while they are at hand, for who shows them to operators.

import type { Filtered, Invalid } from '../model/conversion.js';
import type { JsonObject } from '../model/segment-event.js';
import type { Ingested } from './inbound.js';

/** Events of one call that were decided, and are not stored yet. */
export interface WatchedCall {
  readonly protocol: 'segment' | 'tracking_api' | 'statsig' | 'rudderstack_source';
  readonly workspaceId: string;
  /** How many there are. */
  readonly count: number;
  /** As the sender wrote one. */
  eventAt(index: number): unknown;
  /** What was decided of each; `stored` may prove to be stored already. */
  readonly decided: readonly (Filtered | Invalid | { readonly kind: string })[];
  /** What goes for all events of the call. */
  readonly shared?: JsonObject;
}

/**
 * Told of each call, and quick: it is on the way of every event.
 *
 * @returns is told what became of each event, where any of them is shown. It does not hold the events, which can be collected meanwhile
 */
export type IngestWatch = (call: WatchedCall) => ((results: readonly Ingested[]) => void) | undefined;
