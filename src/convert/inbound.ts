// Events of a CDP on their way into Statsig, one at a time and without a process.

import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import { decideInbound, type InboundDecision } from '../ingest/inbound-line.js';
import type { Filtered, Invalid, MembershipChange } from '../model/conversion.js';
import { isJsonObject } from '../model/segment-event.js';
import type { StatsigEvent } from '../model/statsig-event.js';
import { findMembership as findMembershipIn } from '../transform/inbound/audience.js';
import { partsOf, type Workspace } from './workspace.js';

/** How an event came. */
export interface InboundOptions {
  /** `segment`: Segment's webhooks and functions. `trackingApi`: an SDK, so that opt-outs and clocks are this function's to heed. `rudderstack`: rudder-server. Default: `segment`. */
  readonly source?: 'segment' | 'trackingApi' | 'rudderstack';
  /** True where the event is proven to be of whom it says: in a function of Segment's, or behind a signature over all of it. Only then does one of `segment` change a list or delete a person. Default: false. */
  readonly isProven?: boolean;
  /** Milliseconds since the epoch; the time of events without one. Default: now. */
  readonly receivedAt?: EpochMs;
  /** IP address of the sender of `trackingApi`. */
  readonly address?: string;
  /** Collects which rule decided what. */
  readonly trace?: Trace;
}

/** An event for Statsig's `log_event`: see `buildLogEventRequest`. */
export interface InboundEvent {
  readonly kind: 'event';
  readonly event: StatsigEvent;
  /** The same as JSON text, numbers as they were written. */
  readonly payload: string;
  /** By which a repetition is known. */
  readonly messageId: string | undefined;
}

/** Changes of ID lists: see `buildListRequests`. */
export interface InboundMembership {
  readonly kind: 'membership';
  /** At least one. */
  readonly changes: readonly MembershipChange[];
  readonly messageId: string | undefined;
}

/** Somebody is to be forgotten: see `buildDeletionRequest`. */
export interface InboundDeletion {
  readonly kind: 'deletion';
  readonly userId: string;
  readonly messageId: string | undefined;
}

/** What becomes of an event. `filtered` is not sent on purpose; `invalid` cannot be sent. */
export type InboundResult = InboundEvent | InboundMembership | InboundDeletion | Filtered | Invalid;

/** An event of an SDK has 5 MiB at most. */
const MAX_EVENT_BYTES = 5 * 1024 * 1024;

function decide(event: unknown, workspace: Workspace, options: InboundOptions, receivedAt: EpochMs): InboundDecision {
  const { source = 'segment', isProven = false, address, trace } = options;
  const compiled = partsOf(workspace);
  switch (source) {
    case 'segment':
      return decideInbound(event, compiled.inbound, { source, coversAll: isProven }, receivedAt, trace);
    case 'trackingApi': {
      const of = { shared: {}, sharedBytes: 0, maxEventBytes: MAX_EVENT_BYTES, address, isImport: false };
      return decideInbound(event, compiled.inbound, { source: 'tracking-api', ...of }, receivedAt, trace);
    }
    case 'rudderstack':
      return decideInbound(event, compiled.rudderstack, { source, batches: true }, receivedAt, trace);
  }
}

/**
 * What becomes of one event of a CDP, by the same line as in the process. Nothing is read, sent or remembered; the event is not changed; nothing that it can hold makes this throw.
 *
 * @param event as the sender wrote it
 * @param workspace of `parseSettings`
 */
export function convertInbound(event: unknown, workspace: Workspace, options: InboundOptions = {}): InboundResult {
  const receivedAt = options.receivedAt ?? Date.now();
  const decision = decide(event, workspace, options, receivedAt);
  if (decision.kind !== 'ready') return decision;
  switch (decision.about) {
    case 'event': {
      const { payload, messageId } = decision;
      return { kind: 'event', event: JSON.parse(payload) as StatsigEvent, payload, messageId };
    }
    case 'membership':
      return { kind: 'membership', changes: [decision.change], messageId: decision.messageId };
    case 'deletion':
      return { kind: 'deletion', userId: decision.userId, messageId: decision.messageId };
    case 'list': {
      const { listId = '' } = decision.workspace.idList;
      const idType = partsOf(workspace).document.audiences.units?.[0]?.idType ?? 'userID';
      const changes = [...decision.changes].map(([id, member]) => ({ listId, idType, id, member, time: receivedAt }));
      return { kind: 'membership', changes, messageId: undefined };
    }
  }
}

/**
 * The change of an ID list that an audience event of Segment's stands for.
 *
 * @returns `undefined` for an event that is about no audience, and where the workspace takes none: it has a `secretKey` and no `consoleKey`
 */
export function findMembership(
  event: unknown,
  workspace: Workspace,
  { receivedAt = Date.now(), trace }: Pick<InboundOptions, 'receivedAt' | 'trace'> = {},
): MembershipChange | Filtered | Invalid | undefined {
  const { audiences } = partsOf(workspace).inbound;
  if (audiences === undefined || !isJsonObject(event)) return undefined;
  const found = findMembershipIn(event, audiences, receivedAt, trace);
  return found?.kind === 'membership' ? found.change : found;
}
