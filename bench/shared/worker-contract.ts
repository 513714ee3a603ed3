// What the benchmark of the shared outbox and its worker processes say to each other.

/** The contenders: one process with the embedded outbox; replicas with the shared one; and a table of events with `SKIP LOCKED`, as many write themselves one. */
export type Engine = 'embedded' | 'shared' | 'bare';

/** What a worker is to do. It takes events and delivers them, as a replica does. */
export interface WorkerTask {
  readonly engine: Engine;
  /** Of the database; of no use to the embedded outbox. */
  readonly url: string;
  readonly schema: string;
  /** Of the embedded outbox. */
  readonly directory: string;
  /** Of the lease of a replica, in milliseconds. */
  readonly leaseMs: number;
  readonly lanes: number;
  /** Events of an append. */
  readonly batch: number;
  /** Appends at the same time. */
  readonly appends: number;
  /** Between two appends of each, in milliseconds. */
  readonly restMs: number;
  readonly consumes: boolean;
}

/** What a worker has done since it began to count. */
export interface WorkerSeen {
  readonly appended: number;
  readonly settled: number;
  /** Appends that failed. */
  readonly failed: number;
  readonly appendMs: readonly number[];
  readonly claimMs: readonly number[];
  /** Of its process. */
  readonly processorMicros: number;
}

/** What a worker is asked. */
export interface WorkerCalls {
  /** Appends, and goes on until it is told to stop. */
  produce(): void;
  stop(): Promise<void>;
  /** Forgets what was counted so far. */
  count(): void;
  seen(): WorkerSeen;
  /** Appends so many events as fast as it goes. */
  fill(events: number): Promise<void>;
  /** Appends one event to each lane. */
  touch(): Promise<void>;
  /** Events waiting in lanes that it holds. */
  waiting(): number;
  /** Claims up to 500 events so many times, and settles them. @returns milliseconds of each claim */
  claims(times: number): Promise<readonly number[]>;
  /** Takes out what is a person's. */
  purge(person: string): Promise<{ readonly ms: number; readonly removed: number }>;
}

/** A question on its way to the worker. */
export interface Question {
  readonly number: number;
  readonly call: keyof WorkerCalls;
  readonly argument?: unknown;
}

/** A worker delivered from a lane. */
export interface Delivered {
  readonly lane: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What comes from a worker. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly number: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | ({ readonly kind: 'delivered' } & Delivered);
