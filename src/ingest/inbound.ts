// Takes the events a CDP pushes to us through the line and onto disk.

import { createHash } from 'node:crypto';
import { createBreather, REQUEST_AT_A_TIME_MS } from '../base/breather.js';
import { toJsonText } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Filtered, Invalid } from '../model/conversion.js';
import type { Notes } from '../model/notes.js';
import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';
import { DELETIONS_TARGET, dryRunOf, listTarget, STATSIG_TARGET } from '../outbox/lane-id.js';
import type { Appended, Outbox, OutboxEvent } from '../outbox/outbox.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { personIn } from './forgotten.js';
import { decideInbound, type PushedDecision, type SegmentSender, type WriteKeySender } from './inbound-line.js';
import type { IngestWatch, TellResults } from './ingest-watch.js';

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
  /** Of its JSON text as it was sent, where they are known. */
  readonly bytes?: number;
}

/** Events of a call, in order: a list, or something that makes each of them when its turn comes. They are gone through once. */
export interface OriginatedEvents extends Iterable<OriginatedEvent> {
  /** One of them, for who shows it. */
  at(index: number): OriginatedEvent | undefined;
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
  /** The same for holders of a write key, which anybody can read. What going through the events throws is thrown, and nothing is stored. */
  acceptTracked(
    workspace: CompiledWorkspace,
    events: OriginatedEvents,
    sender: WriteKeySender,
  ): Promise<readonly Ingested[]>;
}

/** An event that is to be stored, and what is odd about it. */
interface Stored {
  readonly kind: 'stored';
  readonly event: OutboxEvent;
  readonly notes: Notes | undefined;
}

/** What is to be stored of an event, or what became of it already. */
type Outcome = Stored | Filtered | Invalid;

/** The lane says whether an event was accepted for delivery, so that it is never taken for the other. */
function targetFor(target: string, isDryRun: boolean): string {
  return isDryRun ? dryRunOf(target) : target;
}

/** What the outbox gets beside what a decision says. */
type Told = Pick<OutboxEvent, 'origin' | 'digest' | 'acceptedAt'>;

/**
 * What the outbox gets of an event. Segment makes one call for each id of a profile; whether each has a messageId of its own is not documented, so a change of a
 * list is told from others by its list and id as well.
 */
function toStored(decision: PushedDecision, { origin, digest, acceptedAt }: Told): Outcome {
  if (decision.kind !== 'ready') return decision;
  const { workspace, messageId, notes } = decision;
  const { id: workspaceId, isDryRun } = workspace;
  const store = (target: string, id: string | undefined, content: object): Stored => {
    const person = personIn(content, target) ?? null;
    const payload = JSON.stringify(content);
    return {
      kind: 'stored',
      event: { workspaceId, target, messageId: id, payload, person, origin, digest, acceptedAt },
      notes,
    };
  };
  switch (decision.about) {
    case 'event': {
      const target = targetFor(STATSIG_TARGET, isDryRun);
      const { payload, person = null } = decision;
      const event = { workspaceId, target, messageId, payload, person, origin, digest, acceptedAt };
      return { kind: 'stored', event, notes };
    }
    case 'membership': {
      const { change } = decision;
      const ownId = messageId === undefined ? undefined : JSON.stringify([messageId, change.listId, change.id]);
      return store(targetFor(listTarget(change.listId), workspace.audiences?.isDryRun === true), ownId, change);
    }
    case 'deletion':
      return store(targetFor(DELETIONS_TARGET, isDryRun), messageId, { userId: decision.userId });
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

const DUPLICATE: Ingested = { kind: 'duplicate' };

/** What is answered for an event, unless it turns out to be a duplicate. */
function answerTo(outcome: Outcome): Ingested {
  if (outcome.kind !== 'stored') return outcome;
  const { event, notes } = outcome;
  const { target } = event;
  return notes === undefined ? { kind: 'accepted', target } : { kind: 'accepted', target, notes };
}

/** Converts one event after the other and lets others in between: a small body can hold events for a tenth of a second. */
async function convertAll<T>(events: Iterable<T>, convert: (event: T) => Outcome): Promise<readonly Outcome[]> {
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
  /** Waits for the disk, and has neither the events nor what is stored of them: both can be collected meanwhile. */
  async function afterStoring(
    storing: Promise<readonly Appended[]> | undefined,
    answers: readonly Ingested[],
    tell: TellResults | undefined,
  ): Promise<readonly Ingested[]> {
    const appended = (await storing) ?? [];
    let next = 0;
    const results = answers.map((each) =>
      each.kind === 'accepted' && appended[next++] === 'duplicate' ? DUPLICATE : each,
    );
    tell?.(results);
    return results;
  }

  function store(outcomes: readonly Outcome[], tell: TellResults | undefined): Promise<readonly Ingested[]> {
    const answers = outcomes.map(answerTo);
    const events = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? outcome.event : []));
    return afterStoring(events.length === 0 ? undefined : outbox.append(events), answers, tell);
  }

  return {
    async accept(workspace, events, { origin, coversAll }) {
      const acceptedAt = now();
      const receivedAt = wall();
      const sender: SegmentSender = { source: 'segment', coversAll };
      const outcomes = await convertAll(events, (event) => {
        const decision = decideInbound(event, workspace, sender, receivedAt);
        const isDigested = !coversAll && decision.kind === 'ready' && isJsonObject(event);
        return toStored(decision, { origin, acceptedAt, digest: isDigested ? digestOf(event) : undefined });
      });
      const look = watch?.(workspace.id, outcomes);
      return store(outcomes, look?.({ protocol: 'segment', eventAt: (index) => events[index] }));
    },
    async acceptTracked(workspace, events, sender) {
      const acceptedAt = now();
      const receivedAt = wall();
      const outcomes = await convertAll(events, ({ event, origin, bytes }) =>
        toStored(decideInbound(event, workspace, sender, receivedAt, undefined, bytes), {
          origin,
          acceptedAt,
          digest: undefined,
        }),
      );
      const look = watch?.(workspace.id, outcomes);
      return store(outcomes, look?.({ protocol: 'tracking_api', eventAt: (index) => events.at(index)?.event }));
    },
  };
}
