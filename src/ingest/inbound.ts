// Takes the events a CDP pushes to us through the line and onto disk.

import { createHash } from 'node:crypto';
import { createBreather, REQUEST_AT_A_TIME_MS } from '../base/breather.js';
import { toJsonText } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Filtered, Invalid } from '../model/conversion.js';
import type { Notes } from '../model/notes.js';
import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';
import { DELETIONS_TARGET, dryRunOf, listTarget, STATSIG_TARGET } from '../outbox/lane-id.js';
import type { Outbox, OutboxEvent } from '../outbox/outbox.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { personIn } from './forgotten.js';
import { decideInbound, type PushedDecision, type SegmentSender, type WriteKeySender } from './inbound-line.js';
import type { IngestWatch, WatchedCall } from './ingest-watch.js';

/** It is on disk. */
export interface Accepted {
  readonly kind: 'accepted';
  /** Of an event on its way into Statsig: its target in the outbox. */
  readonly target?: string;
  /** What is odd about it. */
  readonly notes?: Notes;
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
  readonly event: unknown;
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
  /** The same for holders of a write key, which anybody can read. */
  acceptTracked(
    workspace: CompiledWorkspace,
    events: readonly OriginatedEvent[],
    sender: WriteKeySender,
  ): Promise<readonly Ingested[]>;
}

/** What is to be stored of an event. */
interface Stored extends Required<Pick<OutboxEvent, 'target' | 'messageId' | 'payload' | 'person' | 'origin'>> {
  readonly kind: 'stored';
  readonly digest?: string;
  readonly notes: Notes | undefined;
}

/** What is to be stored of an event, or what became of it already. */
type Outcome = Stored | Filtered | Invalid;

/** The lane says whether an event was accepted for delivery, so that it is never taken for the other. */
function targetFor(target: string, isDryRun: boolean): string {
  return isDryRun ? dryRunOf(target) : target;
}

type Told = Pick<Stored, 'origin' | 'digest' | 'notes'>;

function stored(target: string, messageId: string | undefined, content: object, told: Told): Stored {
  const person = personIn(content, target) ?? null;
  return { kind: 'stored', target, messageId, payload: JSON.stringify(content), person, ...told };
}

/**
 * What the outbox gets of an event. Segment makes one call for each id of a profile; whether each has a messageId of its own is not documented, so a change of a
 * list is told from others by its list and id as well.
 *
 * @param origin stands for the sender
 * @param digest as in `OutboxEvent`
 */
function toStored(decision: PushedDecision, origin: string, digest?: string): Outcome {
  if (decision.kind !== 'ready') return decision;
  const { workspace, messageId, notes } = decision;
  const told: Told = digest === undefined ? { origin, notes } : { origin, notes, digest };
  switch (decision.about) {
    case 'event': {
      const target = targetFor(STATSIG_TARGET, workspace.isDryRun);
      const { payload, person = null } = decision;
      return { kind: 'stored', target, messageId, payload, person, ...told };
    }
    case 'membership': {
      const { change } = decision;
      const ownId = messageId === undefined ? undefined : JSON.stringify([messageId, change.listId, change.id]);
      return stored(targetFor(listTarget(change.listId), workspace.audiences?.isDryRun === true), ownId, change, told);
    }
    case 'deletion':
      return stored(targetFor(DELETIONS_TARGET, workspace.isDryRun), messageId, { userId: decision.userId }, told);
  }
}

/**
 * Anyone who has seen one signed event can send others behind it, under any ids: of those only an equal event is the same one. What a sender adds each time that it sends one,
 * such as `sentAt`, is no part of it.
 */
function digestOf(event: SegmentEvent): string {
  const { type, event: track, name, userId, anonymousId, groupId, timestamp, properties, traits } = event;
  const told = [type, track, name, userId, anonymousId, groupId, timestamp, properties, traits];
  return createHash('sha256')
    .update(toJsonText(told) ?? '')
    .digest('base64url');
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
 * @param now by the clock of deliveries
 * @param wall the same by the system's clock: the time of events that have none
 * @param watch told of each call
 */
export function createIngest(
  outbox: Pick<Outbox, 'append'>,
  now: () => EpochMs = Date.now,
  wall: () => EpochMs = now,
  watch?: IngestWatch,
): Ingest {
  /** Waits for the disk, and does not have the events: they can be collected meanwhile. */
  async function store(
    workspaceId: string,
    acceptedAt: EpochMs,
    results: readonly Outcome[],
  ): Promise<readonly Ingested[]> {
    const toStore: OutboxEvent[] = [];
    for (const result of results) {
      if (result.kind !== 'stored') continue;
      const { target, messageId, payload, person, origin, digest } = result;
      const event = { workspaceId, target, messageId, payload, person, origin, acceptedAt };
      toStore.push(digest === undefined ? event : { ...event, digest });
    }
    const stored = toStore.length === 0 ? [] : await outbox.append(toStore);
    let next = 0;
    return results.map((result): Ingested => {
      if (result.kind !== 'stored') return result;
      if (stored[next++] === 'duplicate') return { kind: 'duplicate' };
      const { target, notes } = result;
      return notes === undefined ? { kind: 'accepted', target } : { kind: 'accepted', target, notes };
    });
  }

  /** The same, told of what is shown. */
  async function storeWatched(
    workspaceId: string,
    acceptedAt: EpochMs,
    outcomes: readonly Outcome[],
    tell: ReturnType<IngestWatch>,
  ): Promise<readonly Ingested[]> {
    const results = await store(workspaceId, acceptedAt, outcomes);
    tell?.(results);
    return results;
  }

  /** Leaves the waiting for the disk to others, which do not have the events. */
  function finish(
    acceptedAt: EpochMs,
    outcomes: readonly Outcome[],
    call: Omit<WatchedCall, 'decided'>,
  ): Promise<readonly Ingested[]> {
    const tell = watch?.({ ...call, decided: outcomes });
    return tell === undefined
      ? store(call.workspaceId, acceptedAt, outcomes)
      : storeWatched(call.workspaceId, acceptedAt, outcomes, tell);
  }

  return {
    async accept(workspace, events, { origin, coversAll }) {
      const acceptedAt = now();
      const receivedAt = wall();
      const sender: SegmentSender = { source: 'segment', coversAll };
      const results = await convertAll(events, (event) => {
        const decision = decideInbound(event, workspace, sender, receivedAt);
        const isDigested = !coversAll && decision.kind === 'ready' && isJsonObject(event);
        return toStored(decision, origin, isDigested ? digestOf(event) : undefined);
      });
      return finish(acceptedAt, results, {
        protocol: 'segment',
        workspaceId: workspace.id,
        count: events.length,
        eventAt: (index) => events[index],
      });
    },
    async acceptTracked(workspace, events, sender) {
      const acceptedAt = now();
      const receivedAt = wall();
      const results = await convertAll(events, ({ event, origin }) =>
        toStored(decideInbound(event, workspace, sender, receivedAt), origin),
      );
      return finish(acceptedAt, results, {
        protocol: 'tracking_api',
        workspaceId: workspace.id,
        count: events.length,
        eventAt: (index) => events[index]?.event,
        shared: sender.shared,
      });
    },
  };
}
