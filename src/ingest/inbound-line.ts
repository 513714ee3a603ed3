// The inbound line: decides what becomes of one event of a CDP. Every source calls it, and so does `statsig-cdp transform`.

import { randomUUID } from 'node:crypto';
import { toJsonText } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import type { Filtered, Invalid, MembershipChange } from '../model/conversion.js';
import { joinNotes, type Notes } from '../model/notes.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../model/segment-event.js';
import { STATSIG_TARGET } from '../outbox/lane-id.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { noteAnyId, noteId, tellsApart } from '../transform/doubtful-id.js';
import { findMembership } from '../transform/inbound/audience.js';
import { findDeletion } from '../transform/inbound/deletion.js';
import { convertInbound } from '../transform/inbound/index.js';
import { type ListChanges, listReaderOf, readListChanges } from '../transform/inbound/list-changes.js';
import { findOptOut, findOverlookedOptOut } from '../transform/inbound/opt-out.js';
import { findRelayObstacle } from '../transform/inbound/relay.js';
import { findLongMessageId, findOversize, statsigEventLimit } from '../transform/size-limits.js';
import { personIn } from './forgotten.js';
import { withClientIp } from './tracked/client-ip.js';
import { findExcess } from './tracked/excess.js';
import { mergeShared } from './tracked/shared-fields.js';
import { withImportedTimes, withTimes } from './tracked/times.js';

/** Segment's webhooks and partner subscriptions. */
export interface SegmentSender {
  readonly source: 'segment';
  /** True where every event is proven to be the sender's own. Only then does one change a list or delete a person. */
  readonly coversAll: boolean;
}

/** A sender that has a write key, a browser for one: none of their events changes a list or deletes a person. */
export interface WriteKeySender {
  readonly source: 'tracking-api';
  /** What goes for all events of a call; an event's own word wins. */
  readonly shared: JsonObject;
  /** Bytes of JSON of that. */
  readonly sharedBytes: number;
  /** Bytes of JSON that an event may have with that. */
  readonly maxEventBytes: number;
  /** IP address of the sender, where it is known. */
  readonly address: string | undefined;
  /** Its events are of the past, and each has to say of when. */
  readonly isImport: boolean;
}

/** rudder-server, which makes the requests itself. */
export interface RudderstackSender {
  readonly source: 'rudderstack';
  /** False for processor transform: there each change of a list would take a request of its own. */
  readonly batches: boolean;
}

/** Which source an event came to, and what is known of its sender. Made once for all events of a request. */
export type InboundSender = SegmentSender | WriteKeySender | RudderstackSender;

interface Ready {
  readonly kind: 'ready';
  readonly workspace: CompiledWorkspace;
  readonly notes: Notes | undefined;
}

/** To be sent to Statsig's log_event, or in mode `webhook` to its webhook for RudderStack. */
export interface ReadyEvent extends Ready {
  readonly about: 'event';
  /** Sent by us, not by rudder-server. */
  readonly isPushed: boolean;
  /** JSON text of the Statsig event, or in mode `webhook` of the message. */
  readonly payload: string;
  /** Of the event as it came. */
  readonly messageId: string | undefined;
  /** Of an event that is stored: whose it is. */
  readonly person: string | undefined;
}

/** Changes an ID list: an audience event of Segment. */
export interface ReadyMembership extends Ready {
  readonly about: 'membership';
  readonly change: MembershipChange;
  readonly messageId: string | undefined;
}

/** Deletes a person. */
export interface ReadyDeletion extends Ready {
  readonly about: 'deletion';
  readonly userId: string;
  readonly messageId: string | undefined;
}

/** Changes an ID list: an audience event of RudderStack. */
export interface ReadyChanges extends Ready {
  readonly about: 'list';
  readonly changes: ListChanges;
}

/** What becomes of an event that was pushed to us. */
export type PushedDecision = ReadyEvent | ReadyMembership | ReadyDeletion | Filtered | Invalid;

/** What becomes of an event of rudder-server's. */
export type TransformDecision = ReadyEvent | ReadyChanges | Filtered | Invalid;

export type InboundDecision = PushedDecision | TransformDecision;

/** The JSON text of an event as it was sent; `undefined` where it is not known. */
type TextAsSent = () => string | undefined;

const NOT_OBJECT: Invalid = { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
const UNPROVEN: Invalid = { kind: 'invalid', code: 'PROOF_INSUFFICIENT', path: '' };
const NOT_RELAYED: Invalid = { kind: 'invalid', code: 'RELAY_UNDOCUMENTED', path: '' };
/** It would be dated by when it is imported. */
const TIME_UNUSABLE: Invalid = { kind: 'invalid', code: 'TIME_UNUSABLE', path: 'message.timestamp' };
const NESTED_TOO_DEEP: Invalid = { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: 'message' };
const SECRET_KEY_MISSING: Invalid = {
  kind: 'invalid',
  code: 'SECRET_KEY_MISSING',
  path: 'destination.Config.secretKey',
};
/** Statsig takes so few changes of ID lists in a second that one request per event would never get through. */
const NEEDS_ROUTER: Invalid = { kind: 'invalid', code: 'AUDIENCE_NEEDS_ROUTER', path: 'message.type' };

/** By what repetitions of an event are recognised. One that is the same for all events of a sender, such as `undefined`, would make all but the first repetitions. */
function messageIdOf({ messageId }: SegmentEvent): string | undefined {
  return typeof messageId === 'string' && tellsApart(messageId) ? messageId : undefined;
}

function readyEvent(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  isPushed: boolean,
  payload: string,
  person: string | undefined,
  notes: Notes | undefined,
): ReadyEvent {
  return { kind: 'ready', about: 'event', workspace, notes, isPushed, payload, messageId: messageIdOf(event), person };
}

/** Filters and mappings do not apply, and a message that is relayed stays as large as it came. */
function decideRelay(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  textAsSent: TextAsSent | undefined,
  trace?: Trace,
): ReadyEvent | Filtered | Invalid {
  const obstacle = findRelayObstacle(event, workspace.types);
  if (obstacle !== undefined) return obstacle;
  trace?.add('relay', 'the message as it came', 'mode webhook');
  trace?.origin([], 'mode webhook', [[]]);
  if (workspace.secretKey === undefined) return SECRET_KEY_MISSING;
  const text = toJsonText(event);
  if (text === undefined) return NESTED_TOO_DEEP;
  return readyEvent(event, workspace, false, textAsSent?.() ?? text, undefined, undefined);
}

/**
 * An event that was pushed and has no usable time happened when it was received: Statsig would date it when it is delivered, which may be days later. Only its
 * `messageId` tells it from others, so that one has a limit.
 */
function decideEvent(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  isPushed: boolean,
  receivedAt: EpochMs,
  trace?: Trace,
  textAsSent?: TextAsSent,
): ReadyEvent | Filtered | Invalid {
  if (workspace.mode === 'webhook') return isPushed ? NOT_RELAYED : decideRelay(event, workspace, textAsSent, trace);
  const conversion = convertInbound(event, workspace, receivedAt, trace);
  if (conversion.kind !== 'converted') return conversion;
  const converted = conversion.event;
  if (!isPushed && workspace.secretKey === undefined) return SECRET_KEY_MISSING;
  if (isPushed && converted.time === undefined) {
    converted.time = receivedAt;
    trace?.add('time', `time = ${receivedAt}`, 'when it was received');
    trace?.origin(['time'], 'when it was received');
  }
  const payload = toJsonText(converted);
  if (payload === undefined) return NESTED_TOO_DEEP;
  const excess =
    (isPushed ? findLongMessageId(event.messageId, 'message.messageId') : undefined) ??
    findOversize(payload, statsigEventLimit(workspace.metadataMaxLength));
  return (
    excess ??
    readyEvent(
      event,
      workspace,
      isPushed,
      payload,
      isPushed ? personIn(converted, STATSIG_TARGET) : undefined,
      conversion.notes,
    )
  );
}

/** Why an event of this sender does not change a list or delete a person, or `undefined`. */
function findDoubt(event: SegmentEvent, { coversAll }: SegmentSender): Invalid | undefined {
  return coversAll ? findLongMessageId(event.messageId, 'message.messageId') : UNPROVEN;
}

/** A deletion comes before everything that could filter it; an audience event before the filters, which are about events. */
function decideWebhook(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  sender: SegmentSender,
  receivedAt: EpochMs,
  trace?: Trace,
): PushedDecision {
  const deletion = workspace.types.areDeletionsTaken ? findDeletion(event, trace) : undefined;
  if (deletion?.kind === 'deletion')
    return (
      findDoubt(event, sender) ?? {
        kind: 'ready',
        about: 'deletion',
        workspace,
        notes: noteId(deletion.userId),
        userId: deletion.userId,
        messageId: messageIdOf(event),
      }
    );
  if (deletion !== undefined) return deletion;

  const { audiences } = workspace;
  const membership = audiences && findMembership(event, audiences, receivedAt, trace);
  if (membership?.kind === 'membership')
    return (
      findDoubt(event, sender) ?? {
        kind: 'ready',
        about: 'membership',
        workspace,
        notes: joinNotes(noteId(membership.change.id), membership.notes),
        change: membership.change,
        messageId: messageIdOf(event),
      }
    );
  return membership ?? decideEvent(event, workspace, true, receivedAt, trace);
}

/** A string stays; a number, which some senders count with, becomes one; without an id the event gets one. */
function toMessageId(event: SegmentEvent): string {
  return messageIdOf(event) ?? (typeof event.messageId === 'number' ? String(event.messageId) : randomUUID());
}

/** What Segment does before its destinations get an event is done here: shared fields, opt-outs, times, the address of a device. */
function decideTracked(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  { shared, sharedBytes, maxEventBytes, address, isImport }: WriteKeySender,
  receivedAt: EpochMs,
  trace?: Trace,
  bytesAsSent?: number,
): ReadyEvent | Filtered | Invalid {
  const excess = findExcess(event, sharedBytes, maxEventBytes, bytesAsSent);
  if (excess !== undefined) return excess;
  const merged = mergeShared(event, shared);
  const optOut = findOptOut(merged, workspace.optOut, trace);
  if (optOut !== undefined) return optOut;
  const timed = (isImport ? withImportedTimes : withTimes)(merged, receivedAt, trace);
  if (isImport && timed.timestamp === undefined) return TIME_UNUSABLE;
  const complete = withClientIp(timed, address);
  const messageId = toMessageId(complete);
  const whole = messageId === complete.messageId ? complete : { ...complete, messageId };
  trace?.reads(whole);
  return decideEvent(whole, workspace, true, receivedAt, trace);
}

/**
 * What becomes of one event: what is to be stored or sent, or why nothing is. Nothing is read or written here; the event is not changed; nothing that it can
 * hold makes this throw.
 *
 * @param event as the sender wrote it
 * @param trace collects which rule decided what
 * @param asSent of an event of rudder-server's its JSON text, where it is at hand: what is relayed stays as it is written; of one of a holder of a write key the bytes of that,
 * where they are known: most need not be measured then
 */
export function decideInbound(
  event: unknown,
  workspace: CompiledWorkspace,
  sender: SegmentSender | WriteKeySender,
  receivedAt: EpochMs,
  trace?: Trace,
  asSent?: number,
): PushedDecision;
export function decideInbound(
  event: unknown,
  workspace: CompiledWorkspace,
  sender: RudderstackSender,
  receivedAt: EpochMs,
  trace?: Trace,
  asSent?: TextAsSent,
): TransformDecision;
export function decideInbound(
  event: unknown,
  workspace: CompiledWorkspace,
  sender: InboundSender,
  receivedAt: EpochMs,
  trace?: Trace,
): InboundDecision;
export function decideInbound(
  event: unknown,
  workspace: CompiledWorkspace,
  sender: InboundSender,
  receivedAt: EpochMs,
  trace?: Trace,
  asSent?: TextAsSent | number,
): InboundDecision {
  if (!isJsonObject(event)) return NOT_OBJECT;
  trace?.reads(event);
  switch (sender.source) {
    case 'segment':
      return decideWebhook(event, workspace, sender, receivedAt, trace);
    case 'tracking-api':
      return decideTracked(
        event,
        workspace,
        sender,
        receivedAt,
        trace,
        typeof asSent === 'number' ? asSent : undefined,
      );
    case 'rudderstack': {
      const textAsSent = typeof asSent === 'function' ? asSent : undefined;
      const readList = listReaderOf(event, workspace.types);
      if (readList === undefined)
        return (
          findOverlookedOptOut(event, workspace.optOut, trace) ??
          decideEvent(event, workspace, false, receivedAt, trace, textAsSent)
        );
      if (!sender.batches) return NEEDS_ROUTER;
      const found = readListChanges(event, readList, workspace.idList, trace);
      if (found.kind !== 'changes') return found;
      const { changes } = found;
      return { kind: 'ready', about: 'list', workspace, notes: noteAnyId(changes.keys()), changes };
    }
  }
}
