// What is told of events on their way in while they are at hand, for who shows them to operators.

import type { Filtered, Invalid } from '../model/conversion.js';
import type { Ingested } from './inbound.js';

/** What was decided of each event of a call; `stored` may prove to be stored already. */
export type Decided = readonly (Filtered | Invalid | { readonly kind: string })[];

/** Events of one call that were decided, and are not stored yet. */
export interface WatchedCall {
  readonly protocol: 'segment' | 'tracking_api' | 'statsig' | 'rudderstack_source';
  /** As the sender wrote one. */
  eventAt(index: number): unknown;
}

/** Is told what became of each event. It does not hold the events, which can be collected meanwhile. */
export type TellResults = (results: readonly Ingested[]) => void;

/**
 * Told of each call, and quick: it is on the way of every event. Of most calls nothing is shown, and then nothing more is made for it.
 *
 * @returns looks at the events of the call, where any is shown
 */
export type IngestWatch = (
  workspaceId: string,
  decided: Decided,
) => ((call: WatchedCall) => TellResults | undefined) | undefined;
