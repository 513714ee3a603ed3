// Events of Statsig's on their way out, one at a time and without a process.

import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import { addressCall, decideOutbound, targetsOf } from '../ingest/outbound-line.js';
import type { ExposureKey, Filtered, Invalid } from '../model/conversion.js';
import type { TrackCall } from '../model/track-call.js';
import { partsOf, type Workspace } from './workspace.js';

/** How an event came. */
export interface OutboundOptions {
  /** Milliseconds since the epoch; the time of events without one. Default: now. */
  readonly receivedAt?: EpochMs;
  /** Collects which rule decided what. */
  readonly trace?: Trace;
}

/** A call for one target. */
export interface AddressedTrackCall {
  /** Name of the target in the settings; `dry-run` where they name none. */
  readonly target: string;
  /** The same each time the event comes, and another for each target. */
  readonly messageId: string;
  readonly call: TrackCall & { readonly messageId: string };
  /** The same as JSON text: an element of `batch` of the target's `/v1/batch`. */
  readonly payload: string;
}

/** The calls that an event becomes, for each target. */
export interface OutboundCalls {
  readonly kind: 'calls';
  /** At least one. */
  readonly calls: readonly AddressedTrackCall[];
  /**
   * Of an exposure. What says nothing new is sent once per `exposureWindow` in the process, which remembers them; here that is the caller's: an equal `key` with an equal
   * `value` says nothing new.
   */
  readonly exposure: ExposureKey | undefined;
}

export type OutboundResult = OutboundCalls | Filtered | Invalid;

/**
 * What becomes of one event of Statsig's event webhook, by the same line as in the process. Nothing is read, sent or remembered; the event is not changed; nothing that it can hold makes this throw.
 *
 * @param event as Statsig wrote it
 * @param workspace of `parseSettings`
 */
export function convertOutbound(event: unknown, workspace: Workspace, options: OutboundOptions = {}): OutboundResult {
  const { outbound } = partsOf(workspace);
  const ready = decideOutbound(event, outbound, 'targets', options.receivedAt ?? Date.now(), options.trace);
  if (ready.kind !== 'ready') return ready;
  const calls = ready.calls.flatMap((each) =>
    targetsOf(outbound).map((target): AddressedTrackCall => {
      const { messageId, payload } = addressCall(ready, each, target);
      return { target, messageId, call: JSON.parse(payload) as AddressedTrackCall['call'], payload };
    }),
  );
  return { kind: 'calls', calls, exposure: ready.exposure };
}
