// The outbound line: decides what becomes of one event of Statsig's. Every source calls it, and so does `statsig-cdp transform`.

import { toJsonText } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import type { ExposureKey, Filtered, Invalid } from '../model/conversion.js';
import type { Notes } from '../model/notes.js';
import { isJsonObject } from '../model/segment-event.js';
import type { CallFormat } from '../model/track-call.js';
import { type CompiledOutbound, DRY_RUN_TARGET } from '../transform/compiled-outbound.js';
import { convertOutbound } from '../transform/outbound/index.js';
import { outboundMessageId, withMessageId } from '../transform/outbound/message-id.js';
import { findOversize, MAX_EVENT_BYTES } from '../transform/size-limits.js';
import { personIn } from './forgotten.js';

/** One call that an event becomes, before it is addressed. */
interface Call {
  readonly format: CallFormat;
  /** JSON text without the `messageId`. */
  readonly text: string;
  /** Whose it is. */
  readonly person: string | undefined;
}

/** The calls of an event, to go to each target. */
export interface ReadyCalls {
  readonly kind: 'ready';
  readonly outbound: CompiledOutbound;
  readonly eventId: string;
  /** At least one. */
  readonly calls: readonly Call[];
  /** Of an exposure that is sent once per window. */
  readonly exposure: ExposureKey | undefined;
  readonly notes: Notes | undefined;
}

/** What becomes of an event. Whether an exposure says anything new is no part of it: that depends on what was sent before. */
export type OutboundDecision = ReadyCalls | Filtered | Invalid;

/** Where calls go: to CDPs, which take events of 32 KB, or into the queue of rudder-server's gateway. */
export type OutboundWay = 'targets' | 'gateway';

const NOT_OBJECT: Invalid = { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
const NESTED_TOO_DEEP: Invalid = { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' };

const NO_TARGETS: readonly string[] = [DRY_RUN_TARGET];

/** Names of the targets that calls go to; of a workspace that has none, that of the dry run. */
export function targetsOf({ targets }: CompiledOutbound): readonly string[] {
  return targets.length === 0 ? NO_TARGETS : targets.map(({ name }) => name);
}

/**
 * What becomes of one event: the calls that are to be stored or sent, or why nothing is. Nothing is read or written here; the event is not changed; nothing that
 * it can hold makes this throw.
 *
 * @param event as the sender wrote it
 * @param receivedAt the time of events that have none
 * @param trace collects which rule decided what
 */
export function decideOutbound(
  event: unknown,
  outbound: CompiledOutbound,
  way: OutboundWay,
  receivedAt: EpochMs,
  trace?: Trace,
): OutboundDecision {
  if (!isJsonObject(event)) return NOT_OBJECT;
  trace?.reads(event);
  const conversion = convertOutbound(event, outbound, receivedAt, trace);
  if (conversion.kind !== 'converted') return conversion;
  const { eventId, exposure, notes } = conversion;
  const calls: Call[] = [];
  for (const { format, call } of conversion.calls) {
    const text = toJsonText(call);
    if (text === undefined) return NESTED_TOO_DEEP;
    const oversize = way === 'targets' ? findOversize(text, MAX_EVENT_BYTES) : undefined;
    if (oversize !== undefined) return oversize;
    calls.push({ format, text, person: personIn(call, DRY_RUN_TARGET) });
  }
  return { kind: 'ready', outbound, eventId, calls, exposure, notes };
}

/** A call as it goes to one target. */
export interface AddressedCall {
  /** The same each time the event comes, and another for each target. */
  readonly messageId: string;
  /** JSON text. */
  readonly payload: string;
}

/** Addresses a call of an event. The copies for several targets are one text but for the messageId in front, so that it is written once. */
export function addressCall(
  { eventId, outbound: { workspaceId } }: ReadyCalls,
  { format, text }: Call,
  target: string,
): AddressedCall {
  const messageId = outboundMessageId(eventId, workspaceId, target, format);
  return { messageId, payload: withMessageId(text, messageId) };
}

/** An exposure of which no call is sent: it says nothing new. */
export function repeatedExposure({ exposureWindowMs }: CompiledOutbound): Filtered {
  return {
    kind: 'filtered',
    reason: 'exposure_repeated',
    detail: `the last one, within ${exposureWindowMs} ms, said the same`,
  };
}
