// The contract of the outbox: what is accepted is kept until its target has it or a dead letter says why not.
//
// An outbox belongs to one process (the embedded one, on local disk), or to several replicas that share it. In a shared one a lane belongs to one replica at a time, which may lose it: when it
// stood still for longer than its lease, or cannot reach the outbox. All that is said of lanes and claims here is about those that this process holds.

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
  /** Unique. Only the outbox reads it; those of dead letters sort in the order in which they come. */
  readonly key: string;
  /** Tries so far. */
  readonly attempts: number;
}

/**
 * What became of a delivery that was claimed. What is put back keeps its place in its lane, or the events behind it would overtake it, and `attempts` as the delivery says now: there is no due
 * time for each event, pauses are the lane's.
 */
export type Settlement =
  | { readonly kind: 'delivered'; readonly delivery: Delivery }
  | { readonly kind: 'putBack'; readonly delivery: Delivery }
  | {
      readonly kind: 'dead';
      readonly delivery: Delivery;
      readonly reason: string;
      readonly answer: string;
      readonly status?: number;
    };

/** What a lane knows of its target, for the replica that has the lane next: it must not ask anew a target that is known to be down. */
export interface LaneNote {
  /** Nothing is sent before; 0 for no pause. */
  readonly pausedUntil: EpochMs;
  /** Failed requests in a row. */
  readonly failures: number;
  /** Absent while it is closed. `pauses`: how many it has had in a row. */
  readonly circuit?: { readonly openUntil: EpochMs; readonly pauses: number };
  /** Names the target by a digest of its place and key: what is known of another one does not count. */
  readonly target?: string;
}

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

/** How the outbox stands, of all replicas that share it. */
export interface OutboxStatus {
  /** When it was so. */
  readonly at: EpochMs;
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

/** Which records a purge takes out: all of a target, or those of people that `concerns` is true for: told the payload, the target and when it was accepted. */
export type PurgeChoice =
  | { readonly target: string }
  | {
      readonly people: PeopleOf;
      readonly concerns: (payload: string, target: string, acceptedAt: EpochMs) => boolean;
    };

/** What a purge came to. */
export interface Purged {
  /** Deliveries and dead letters that are gone. */
  readonly removed: number;
  /** Deliveries that stayed because they are claimed, by whichever replica, or because the disk stopped it: look again. */
  readonly underWay: number;
}

/** Deliveries that are kept. */
export interface Outbox {
  /**
   * Stores events; resolves when they are synced. Concurrent calls share one sync. Answers within five seconds.
   *
   * @returns for each event whether it is new
   * @throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE: nothing of the call is stored; OUTBOX_UNCONFIRMED: no one knows whether all of it or nothing is. Sent again within the dedupe window,
   *   what is stored is a duplicate
   */
  append(events: readonly OutboxEvent[]): Promise<readonly Appended[]>;
  /**
   * The next deliveries of a lane, in order, within the limits (at least one). They are not claimed again until settled, or until the lane is lost.
   *
   * @param maxBytes of payloads
   * @returns nothing, too, where this process does not hold the lane, and while the outbox cannot be read
   */
  claim(lane: LaneId, maxEvents: number, maxBytes: number): Promise<readonly Delivery[]>;
  /**
   * Writes down what became of claimed deliveries of one lane, in one synced step. What is not claimed is passed over, so that settling again does no harm.
   *
   * @returns `lost`: the lane is another's. Nothing was written; all that is held of the lane is to be forgotten, and nothing more of it to be sent
   * @throws PluginError OUTBOX_UNAVAILABLE, OUTBOX_UNCONFIRMED: they stay claimed, settle them again
   */
  settle(settlements: readonly Settlement[]): Promise<'settled' | 'lost'>;
  /** When the lane's next unclaimed delivery is due, which is when it was accepted; `undefined` when none waits, or this process does not hold the lane. */
  nextDueAt(lane: LaneId): Promise<EpochMs | undefined>;
  /** Lanes with deliveries waiting that this process holds, of a workspace or of all. */
  lanes(workspaceId?: string): readonly LaneId[];
  /** How many deliveries of a lane wait, claimed ones included, as last seen. Costs the same however many lanes there are. */
  countWaiting(lane: LaneId): number;
  /**
   * When the oldest delivery of a lane that waits, claimed ones included, was accepted, as last seen; `undefined` when none does. Right to a second, and never too late. Costs the same however
   * many lanes there are.
   */
  oldestAcceptedAt(lane: LaneId): EpochMs | undefined;
  /**
   * Until when the lane is this process's for sure, by the clock that the outbox was opened with, which must not go back; Infinity where the outbox is its alone, a time that has passed where it
   * does not hold the lane. A request begins only where it ends before.
   */
  heldUntil(lane: LaneId): EpochMs;
  /**
   * Told the lane whenever something is appended, and when a lane with something in it becomes this process's. It may be told late (250 ms) and for nothing; `redelivered` where it is a dead
   * letter that somebody put back.
   */
  onAppend(listener: (lane: LaneId, origin?: 'redelivered') => void): void;
  /** Told a lane that is not this process's any more. Its claims are forgotten: nothing of it is to be sent or settled. */
  onLost(listener: (lane: LaneId) => void): void;
  /** What was noted of the lane by the replica that held it before, or by this one; `undefined` for nothing. */
  noteOf(lane: LaneId): LaneNote | undefined;
  /** Keeps a note of a lane that this process holds, `undefined` for none. It is written soon, with the next settlement or within a second. */
  note(lane: LaneId, note: LaneNote | undefined): void;
  /**
   * Gives a lane up that this process cannot serve, so that another replica may: its settings may be older. What is claimed of it goes back. Where no other replica is, this one gets it again
   * later. Nothing happens where the outbox is this process's alone.
   */
  release(lane: LaneId): Promise<void>;
  /** Asks all other replicas to put back what they hold of a workspace between two tries. */
  wantBack(workspaceId: string): Promise<void>;
  /** Told the workspace where another replica wants it back. */
  onWantedBack(listener: (workspaceId: string) => void): void;
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
  /** Takes deliveries and dead letters of a workspace out for good. Those that are claimed stay: look again once they are settled. */
  purge(workspaceId: string, what: PurgeChoice): Promise<Purged>;
  /**
   * Somebody has seen what `status` says of damage: it is not said any more.
   *
   * @returns false when there was nothing to say
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  acknowledge(): Promise<boolean>;
  /** As it is now. Costs more the more lanes there are. */
  status(): Promise<OutboxStatus>;
  /** As last seen, at most a second ago where it can be seen: for what cannot wait. Costs more the more lanes there are. */
  lastStatus(): OutboxStatus;
  /** Costs nothing; the files are measured now and then. */
  usage(): OutboxUsage;
  /** Puts back what is claimed and gives up the lanes where the outbox is shared: other replicas go on at once. */
  close(): Promise<void>;
}
