// Takes the events a CDP pushes to us through the line and onto disk: convert, then the outbox.

import { createHash } from 'node:crypto';
import { createBreather, REQUEST_AT_A_TIME_MS } from '../base/breather.js';
import { toJsonText } from '../base/json.js';
import type { Filtered, Invalid, MembershipChange } from '../model/conversion.js';
import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';
import { DELETIONS_TARGET, dryRunOf, listTarget, STATSIG_TARGET } from '../outbox/lane-id.js';
import type { Outbox, OutboxEvent } from '../outbox/outbox.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { findMembership } from '../transform/inbound/audience.js';
import { findDeletion } from '../transform/inbound/deletion.js';
import { convertInbound } from '../transform/inbound/index.js';
import { findLongMessageId, findOversize, statsigEventLimit } from '../transform/size-limits.js';
import { personIn } from './forgotten.js';

/** It is on disk. */
export interface Accepted {
  readonly kind: 'accepted';
  /** Of an event on its way into Statsig: its target in the outbox. */
  readonly target?: string;
}

/** What became of one event on its way in. */
export type Ingested = Accepted | { readonly kind: 'duplicate' } | Filtered | Invalid;

/** What is known of a sender. */
export interface SenderProof {
  /** Of which kind it is, and how far it is to be trusted: `origin` of what it sends. */
  readonly origin: string;
  /** True where every event is proven to be the sender's own. Only then does one change a list or delete a person. */
  readonly coversAll: boolean;
}

/** An event of a call that may hold events of several origins. */
export interface OriginatedEvent {
  /** As the sender wrote it. */
  readonly event: SegmentEvent;
  /** As in `SenderProof`. */
  readonly origin: string;
}

/** Takes events in. */
export interface Ingest {
  /**
   * Converts the events and stores what is to be sent: events, changes of ID lists, deletions. When it resolves, what it calls accepted is on disk.
   *
   * @param events as the sender wrote them
   * @returns one result per event, in order
   * @throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE: then nothing of the call is stored and the sender keeps all of it
   */
  accept(workspace: CompiledWorkspace, events: readonly unknown[], proof: SenderProof): Promise<readonly Ingested[]>;
  /** The same for senders whose key anybody can read, browsers for one: none of their events changes a list or deletes a person. */
  acceptEvents(workspace: CompiledWorkspace, events: readonly OriginatedEvent[]): Promise<readonly Ingested[]>;
}

/** What is to be stored of an event. */
interface Prepared extends Required<Pick<OutboxEvent, 'target' | 'messageId' | 'payload' | 'person'>> {
  readonly kind: 'prepared';
}

function messageIdOf({ messageId }: SegmentEvent): string | undefined {
  return typeof messageId === 'string' && messageId !== '' ? messageId : undefined;
}

function prepared(target: string, messageId: string | undefined, content: object): Prepared {
  const person = personIn(content, target) ?? null;
  return { kind: 'prepared', target, messageId, payload: JSON.stringify(content), person };
}

/** The lane says whether an event was accepted for delivery, so that it is never taken for the other. */
function targetFor(target: string, { isDryRun }: { readonly isDryRun: boolean }): string {
  return isDryRun ? dryRunOf(target) : target;
}

/** Segment makes one call for each id of a profile; whether each has a messageId of its own is not documented. */
function preparedChange(messageId: string | undefined, change: MembershipChange, isDryRun: boolean): Prepared {
  const ownId = messageId === undefined ? undefined : JSON.stringify([messageId, change.listId, change.id]);
  return prepared(targetFor(listTarget(change.listId), { isDryRun }), ownId, change);
}

/** What one event becomes. */
type Prepare = (event: SegmentEvent, workspace: CompiledWorkspace, receivedAt: number) => Prepared | Filtered | Invalid;

const UNPROVEN: Invalid = { kind: 'invalid', code: 'PROOF_INSUFFICIENT', path: '' };

function findLongEventId({ messageId }: SegmentEvent): Invalid | undefined {
  return findLongMessageId(messageId, 'message.messageId');
}

/** An event without a usable time happened when it was received: Statsig would date it when it is delivered, which may be days later. */
const prepareEvent: Prepare = (event, workspace, receivedAt) => {
  const conversion = convertInbound(event, workspace);
  if (conversion.kind !== 'converted') return conversion;
  conversion.event.time ??= receivedAt;
  const ready = prepared(targetFor(STATSIG_TARGET, workspace), messageIdOf(event), conversion.event);
  const excess = findLongEventId(event) ?? findOversize(ready.payload, statsigEventLimit(workspace.metadataMaxLength));
  return excess ?? ready;
};

/** A deletion comes before everything that could filter it; an audience event before the filters, which are about events. */
function prepareWith({ coversAll }: SenderProof): Prepare {
  const ifProven = (event: SegmentEvent, make: () => Prepared) =>
    coversAll ? (findLongEventId(event) ?? make()) : UNPROVEN;
  return (event, workspace, receivedAt) => {
    const deletion = findDeletion(event);
    if (deletion?.kind === 'deletion')
      return ifProven(event, () =>
        prepared(targetFor(DELETIONS_TARGET, workspace), messageIdOf(event), { userId: deletion.userId }),
      );
    if (deletion !== undefined) return deletion;

    const { audiences } = workspace;
    const membership = audiences && findMembership(event, audiences, receivedAt);
    if (membership?.kind === 'membership')
      return ifProven(event, () => preparedChange(messageIdOf(event), membership.change, audiences?.isDryRun === true));
    return membership ?? prepareEvent(event, workspace, receivedAt);
  };
}

/** What is to be stored of an event, with its origin, or what became of it already. */
type Outcome = (Prepared & Pick<OutboxEvent, 'origin' | 'digest'>) | Filtered | Invalid;

function withOrigin(result: Prepared | Filtered | Invalid, origin: string): Outcome {
  return result.kind === 'prepared' ? { ...result, origin } : result;
}

/**
 * Anyone who has seen one signed event can send others behind it, under any ids: of those only an equal event is the same one. What a sender adds each time that it sends one,
 * such as `sentAt`, is no part of it.
 */
function withDigest(event: SegmentEvent, outcome: Outcome): Outcome {
  if (outcome.kind !== 'prepared') return outcome;
  const { type, event: track, name, userId, anonymousId, groupId, timestamp, properties, traits } = event;
  const told = [type, track, name, userId, anonymousId, groupId, timestamp, properties, traits];
  return {
    ...outcome,
    digest: createHash('sha256')
      .update(toJsonText(told) ?? '')
      .digest('base64url'),
  };
}

/** Converts one event after the other and lets others in between: a small body can hold events for a tenth of a second. */
async function convertAll<T>(events: readonly T[], convert: (event: T) => Outcome): Promise<readonly Outcome[]> {
  const breathe = createBreather(REQUEST_AT_A_TIME_MS);
  const outcomes: Outcome[] = [];
  for (const event of events) {
    const pause = breathe();
    if (pause !== undefined) await pause;
    outcomes.push(convert(event));
  }
  return outcomes;
}

/**
 * @param now milliseconds since the epoch, by the clock of deliveries
 * @param wall the same by the system's clock: the time of events that have none
 */
export function createIngest(
  outbox: Pick<Outbox, 'append'>,
  now: () => number = Date.now,
  wall: () => number = now,
): Ingest {
  /** Waits for the disk, and does not have the events: they can be collected meanwhile. */
  async function store(
    workspaceId: string,
    acceptedAt: number,
    results: readonly Outcome[],
  ): Promise<readonly Ingested[]> {
    const toStore: OutboxEvent[] = [];
    for (const result of results) {
      if (result.kind !== 'prepared') continue;
      const { kind: _kind, ...event } = result;
      toStore.push({ workspaceId, ...event, acceptedAt });
    }
    const stored = toStore.length === 0 ? [] : await outbox.append(toStore);
    let next = 0;
    return results.map((result): Ingested => {
      if (result.kind !== 'prepared') return result;
      return stored[next++] === 'duplicate' ? { kind: 'duplicate' } : { kind: 'accepted', target: result.target };
    });
  }

  return {
    async accept(workspace, events, proof) {
      const acceptedAt = now();
      const receivedAt = wall();
      const prepare = prepareWith(proof);
      const results = await convertAll(events, (event): Outcome => {
        if (!isJsonObject(event)) return { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
        const outcome = withOrigin(prepare(event, workspace, receivedAt), proof.origin);
        return proof.coversAll ? outcome : withDigest(event, outcome);
      });
      return store(workspace.id, acceptedAt, results);
    },
    async acceptEvents(workspace, events) {
      const acceptedAt = now();
      const receivedAt = wall();
      const results = await convertAll(events, ({ event, origin }) =>
        withOrigin(prepareEvent(event, workspace, receivedAt), origin),
      );
      return store(workspace.id, acceptedAt, results);
    },
  };
}
