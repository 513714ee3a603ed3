// The contract of the outbox: what is accepted is on disk until its target has it or a dead letter says why not.

import type { EpochMs } from '../base/time.js';
import type { LaneId } from './lane-id.js';

/** Lets an event pass only where it says something else than the last one of its key, or long after it. */
export interface Once {
  readonly key: string;
  /** What it says of the key. */
  readonly value: string;
  /** Milliseconds, from when one is stored until an equal one passes again. */
  readonly windowMs: number;
}

/** A converted event to deliver. */
export interface OutboxEvent {
  /** Id of the settings document it belongs to. */
  readonly workspaceId: string;
  /** Where it goes, within its workspace. Each target of a workspace is a lane of its own. */
  readonly target: string;
  /** What the sender calls the event; equal ids of one origin and lane within the dedupe window are delivered once. */
  readonly messageId: string | undefined;
  /** Of an event that may be anyone's: only one with an equal digest is the same. */
  readonly digest?: string | undefined;
  /**
   * Who calls it so: no id of one origin stands for one of another, and each has its share of what is remembered. Letters, digits, `_`, `-`; as few
   * different ones as there are kinds of senders and keys, not as there are senders.
   */
  readonly origin: string;
  /** Of the events of a lane with this key, one that says what the last one said is not stored within the window. What the last one said is forgotten when it is not sent after all (a dead letter, a purge), and when a dead letter of the key is redelivered. */
  readonly once?: Once;
  /** JSON text of what its target takes: a Statsig event, a call of a CDP, a change of an ID list, a deletion. */
  readonly payload: string;
  /** Whose data the payload is: an id, or `null` for no person's. Not said, it is looked at whenever somebody is purged. */
  readonly person?: string | null;
  readonly acceptedAt: EpochMs;
}

/** An event in the outbox. */
export interface Delivery extends Omit<OutboxEvent, 'digest' | 'once' | 'origin' | 'person'> {
  /** Key of `once`. */
  readonly onceKey?: string;
  /** Unique, and in the order of due time and arrival. */
  readonly key: string;
  /** The time before which it is not tried. */
  readonly dueAt: EpochMs;
  /** Tries so far. */
  readonly attempts: number;
}

/** What became of a delivery that was claimed. */
export type Settlement =
  | { readonly kind: 'delivered'; readonly delivery: Delivery }
  | { readonly kind: 'retry'; readonly delivery: Delivery; readonly dueAt: EpochMs }
  | {
      readonly kind: 'dead';
      readonly delivery: Delivery;
      readonly reason: string;
      readonly answer: string;
      readonly status?: number;
    };

/** A delivery that was given up. */
export interface DeadLetter extends Delivery {
  /** Why: `rejected`, `attempts_exhausted`, `expired`, … */
  readonly reason: string;
  /** The last answer, without anything secret. */
  readonly answer: string;
  /** HTTP status of that answer, or the one that stands for no answer; absent where no one was asked, and for those of earlier versions. */
  readonly status?: number;
  readonly diedAt: EpochMs;
}

/** Which dead letters to read. */
export interface DeadLetterRange {
  /** Of this target alone. */
  readonly target?: string;
  /** Those behind this key, in the order in which they come. It need not be one any more. */
  readonly after?: string;
  /** In the opposite order: the last that died first, and the lanes from the last to the first. */
  readonly newestFirst?: true;
  /** When they died, both included. */
  readonly since?: EpochMs;
  readonly until?: EpochMs;
}

/** What became of an event that was to be stored: `repeated` is one that says of its `once` key what the last one said. Its message is remembered: another time it is a `duplicate`. */
export type Appended = 'accepted' | 'duplicate' | 'repeated';

/** How the deliveries of one target of a workspace stand. */
export interface LaneStatus {
  readonly lane: LaneId;
  readonly workspaceId: string;
  readonly target: string;
  readonly waiting: number;
  readonly deadLetters: number;
  /** Absent when nothing waits. */
  readonly oldestAcceptedAt?: EpochMs;
}

/** How the outbox stands. */
export interface OutboxStatus {
  readonly ok: boolean;
  /** Why it takes nothing: full, or what the disk says. */
  readonly problem?: string;
  /** Bytes of waiting records: keys, ids and payloads. */
  readonly bytes: number;
  readonly lanes: readonly LaneStatus[];
  /** Where the disk cannot be read: the numbers are those of before, or of nothing, because it was never read. */
  readonly counts?: 'last known' | 'unknown';
}

/** Dead letters that were let go since the start, by why: too old, or beyond the bytes that may be kept. */
export interface DroppedDeadLetters {
  readonly age: number;
  readonly bytes: number;
}

/** What the outbox takes on disk. */
export interface OutboxUsage {
  /** Bytes of its files, without the reserve; what was deleted is among them until LevelDB has cleaned up. `undefined` before they were measured. */
  readonly diskBytes: number | undefined;
  /** Bytes of dead letters, as last known; `undefined` before the disk was read. */
  readonly deadLetterBytes: number | undefined;
  readonly droppedDeadLetters: DroppedDeadLetters;
}

/** Whose records a purge is about. */
export interface PeopleOf {
  readonly ids: ReadonlySet<string>;
  /** Whose data a payload is, as `person` says it; `undefined` for no person's. */
  of(payload: string, target: string): string | undefined;
}

/** What a purge came to. */
export interface Purged {
  /** Deliveries and dead letters that are gone. */
  readonly removed: number;
  /** Deliveries that stayed because they are claimed, or because the disk stopped it: look again. */
  readonly underWay: number;
}

/** Deliveries on disk. */
export interface Outbox {
  /**
   * Stores events; resolves when they are synced to disk. Concurrent calls share one sync.
   *
   * @returns for each event whether it is new
   * @throws PluginError OUTBOX_FULL (nothing of the call is stored), OUTBOX_UNAVAILABLE (the disk does not take it)
   */
  append(events: readonly OutboxEvent[]): Promise<readonly Appended[]>;
  /** The next due deliveries of a lane, in order, within the limits (at least one). They are not claimed again until settled. */
  claim(lane: LaneId, now: EpochMs, maxEvents: number, maxBytes: number): Promise<readonly Delivery[]>;
  /** Writes down what became of claimed deliveries, in one synced step. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** When the lane's next unclaimed delivery is due; `undefined` when none waits. */
  nextDueAt(lane: LaneId): Promise<number | undefined>;
  /** Lanes with deliveries waiting, of a workspace or of all. */
  lanes(workspaceId?: string): readonly LaneId[];
  /** How many deliveries of a lane wait, claimed ones included. Costs the same however many lanes there are. */
  countWaiting(lane: LaneId): number;
  /**
   * When the oldest delivery of a lane that waits, claimed ones included, was accepted; `undefined` when none does. Right to a second, and never too late. Costs the same however many lanes
   * there are.
   */
  oldestAcceptedAt(lane: LaneId): number | undefined;
  /** Told the lane whenever something is appended, so that no one has to poll; `redelivered` where it is a dead letter that somebody put back. */
  onAppend(listener: (lane: LaneId, origin?: 'redelivered') => void): void;
  /** Dead letters of a workspace, or of all, each lane in the order of death: their keys, too, are in the order in which they come. */
  deadLetters(workspaceId?: string, range?: DeadLetterRange): AsyncIterable<DeadLetter>;
  /**
   * Puts a dead letter back into its lane, due now, with no attempts.
   *
   * @returns the key of the delivery that it is now, which it keeps until it is settled; `undefined` when there is no dead letter of that key
   */
  redeliver(key: string): Promise<string | undefined>;
  /** Forgets a dead letter; false when there is none of that key. */
  drop(key: string): Promise<boolean>;
  /**
   * Takes deliveries and dead letters of a workspace out for good. Those that are claimed stay: look again once they are settled.
   *
   * @param concerns told the payload and the target of each, and when it was accepted
   * @param people spares reading what is others': `concerns` is true only for payloads of theirs. Without it all of the workspace is read
   */
  purge(
    workspaceId: string,
    concerns: (payload: string, target: string, acceptedAt: EpochMs) => boolean,
    people?: PeopleOf,
  ): Promise<Purged>;
  /**
   * Somebody has seen what `status` says of damage: it is not said any more.
   *
   * @returns false when there was nothing to say
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  acknowledge(): Promise<boolean>;
  /** Costs more the more lanes there are: for people and for metrics. */
  status(): OutboxStatus;
  /** Costs nothing; the files are measured now and then. */
  usage(): OutboxUsage;
  close(): Promise<void>;
}
