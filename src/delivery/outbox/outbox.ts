// The contract of the outbox: what is accepted is on disk until Statsig has it or a dead letter says why not.

/** A converted event to deliver. */
export interface OutboxEvent {
  /** Id of the settings document it belongs to. Each workspace is a lane of its own. */
  readonly workspaceId: string;
  /** What the sender calls the event; equal ids within the dedupe window are delivered once. */
  readonly messageId: string | undefined;
  /** JSON text of the Statsig event. */
  readonly payload: string;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
}

/** An event in the outbox. */
export interface Delivery extends OutboxEvent {
  /** Unique, and in the order of due time and arrival. */
  readonly key: string;
  /** Milliseconds since the epoch before which it is not tried. */
  readonly dueAt: number;
  /** Tries so far. */
  readonly attempts: number;
}

/** What became of a delivery that was claimed. */
export type Settlement =
  | { readonly kind: 'delivered'; readonly delivery: Delivery }
  | { readonly kind: 'retry'; readonly delivery: Delivery; readonly dueAt: number }
  | { readonly kind: 'dead'; readonly delivery: Delivery; readonly reason: string; readonly answer: string };

/** A delivery that was given up. */
export interface DeadLetter extends Delivery {
  /** Why: `rejected`, `attempts_exhausted`, `expired`, … */
  readonly reason: string;
  /** The last answer, without anything secret. */
  readonly answer: string;
  /** Milliseconds since the epoch. */
  readonly diedAt: number;
}

/** How one workspace's deliveries stand. */
export interface LaneStatus {
  readonly workspaceId: string;
  readonly waiting: number;
  readonly deadLetters: number;
  /** Milliseconds since the epoch; absent when nothing waits. */
  readonly oldestAcceptedAt?: number;
}

/** How the outbox stands. */
export interface OutboxStatus {
  readonly ok: boolean;
  /** Why it takes nothing: full, or what the disk says. */
  readonly problem?: string;
  /** Bytes of waiting payloads. */
  readonly bytes: number;
  readonly lanes: readonly LaneStatus[];
}

/** Deliveries on disk. */
export interface Outbox {
  /**
   * Stores events; resolves when they are synced to disk. Concurrent calls share one sync.
   *
   * @returns for each event whether it is new or was seen within the dedupe window
   * @throws PluginError OUTBOX_FULL (nothing of the call is stored), OUTBOX_UNAVAILABLE (the disk does not take it)
   */
  append(events: readonly OutboxEvent[]): Promise<readonly ('accepted' | 'duplicate')[]>;
  /** The next due deliveries of a lane, in order, within the limits (at least one). They are not claimed again until settled. */
  claim(workspaceId: string, now: number, maxEvents: number, maxBytes: number): Promise<readonly Delivery[]>;
  /** Writes down what became of claimed deliveries, in one synced step. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** When the lane's next unclaimed delivery is due; `undefined` when none waits. */
  nextDueAt(workspaceId: string): Promise<number | undefined>;
  /** Lanes with deliveries waiting. */
  lanes(): readonly string[];
  /** Told the workspace whenever something is appended, so that nobody has to poll. */
  onAppend(listener: (workspaceId: string) => void): void;
  deadLetters(workspaceId?: string): AsyncIterable<DeadLetter>;
  /** Puts a dead letter back into its lane, due now, with no attempts; false when there is none of that key. */
  redeliver(key: string): Promise<boolean>;
  /** Forgets a dead letter; false when there is none of that key. */
  drop(key: string): Promise<boolean>;
  status(): OutboxStatus;
  close(): Promise<void>;
}
