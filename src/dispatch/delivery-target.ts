// What a lane delivers to: a place, what one request to it may hold, and how it is sent.

import type { EpochMs } from '../base/time.js';
import type { Verdict } from '../call/verdict.js';
import type { Delivery } from '../outbox/outbox.js';

/** Deliveries that go out in one request. */
export type Part = readonly Delivery[];

/** What came of sending. */
export type Sent =
  | {
      readonly kind: 'judged';
      /** On all of the part that was not accepted. */
      readonly verdict: Verdict;
      readonly retryAfter: string | undefined;
      /** Where the target took some of the part only: those, and what it said to them. */
      readonly accepted?: { readonly part: Part; readonly verdict: Verdict };
    }
  /** A dry run: the request was shown instead. */
  | { readonly kind: 'recorded' }
  /**
   * Not through yet: the target's own limit is used up, or something else has to be done before, until `at`. What was sent is sent; the same part is to be
   * given again. `why` is for people who should look.
   */
  | { readonly kind: 'later'; readonly at: EpochMs; readonly why?: string }
  /** Given up before an answer came: no one knows whether the target has the events. */
  | { readonly kind: 'aborted' };

/** A lane that has nowhere to deliver to now: what waits in it waits on. */
export interface NoTarget {
  readonly kind: 'no target';
  /** For people: what is missing, and what to do. */
  readonly why: string;
  /** The settings know nothing of it. Those of another replica may be newer. */
  readonly isUnknown?: true;
}

/** Where the deliveries of one lane go, as the settings are now. */
export interface DeliveryTarget {
  /** For people: `Statsig`, or the name of the target. */
  readonly title: string;
  /** Equal as long as it is the same place with the same key. Holds the key: never shown. */
  readonly identity: string;
  /** What all targets have in common that are down together, as in `https://api.segment.io`; absent where nothing is called. */
  readonly host?: string;
  readonly maxBatchEvents: number;
  /** Bytes of payloads. */
  readonly maxBatchBytes: number;
  /** Milliseconds that the first event of a batch lingers, where the target wants another time than others. */
  readonly batchIntervalMs?: number;
  /** The time before which the target's own limit lets nothing through; where it has one. */
  readonly readyAt?: () => EpochMs;
  /** Names that limit where other lanes share it: they take turns. Holds nothing secret. */
  readonly limitName?: string;
  /**
   * Sends one request, or none where it can be told beforehand what would come of it.
   *
   * @param signal of this one call; aborted when the answer is no longer waited for
   * @throws Error when no request can be made; the message holds nothing secret
   */
  send(part: Part, signal: AbortSignal): Promise<Sent>;
}
