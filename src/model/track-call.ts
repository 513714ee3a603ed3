// What leaves Statsig, in the CDP vocabulary: a track call of the Segment Spec.

import type { JsonObject } from './segment-event.js';

/** `statsig`: the schema of Statsig's own integration. `experiment-viewed`: the event of Segment's A/B testing spec. */
export type CallFormat = 'statsig' | 'experiment-viewed';

/** A track call without the `messageId`, which differs from target to target. Source: Statsig's documentation, Segment integration, outbound event schema. */
export interface TrackCall {
  readonly type: 'track';
  readonly event: string;
  /** At least one of the two ids is there. */
  readonly userId?: string;
  readonly anonymousId?: string;
  /** Also in `context.traits`. Source: Segment's documentation, Statsig source, event properties. */
  readonly email?: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly context: JsonObject;
  readonly properties: JsonObject;
  readonly integrations: { readonly Statsig: false };
}
