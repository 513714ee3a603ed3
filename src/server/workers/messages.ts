// What the primary and its workers tell each other.

/** What one worker asks of all of them. `readiness`: how each stands. `metrics`: what each has counted. `overview`: what all others have seen. */
export type Question = 'readiness' | 'metrics' | 'overview';

/** How many workers there are, as the primary sees it. */
export interface WorkerCounts {
  readonly wanted: number;
  /** Those that listen. */
  readonly running: number;
  /** Since the start of the primary. */
  readonly replaced: number;
}

/** The answer of one worker. */
export interface WorkerAnswer {
  readonly number: number;
  /** JSON. */
  readonly text: string;
}

/** What all have answered; one that is busy for too long is not among them. */
export interface AllAnswers {
  readonly answers: readonly WorkerAnswer[];
  readonly counts: WorkerCounts;
}

/** From a worker to the primary. */
export type ToPrimary =
  /** It listens. What an earlier run has left may not be read yet. */
  | { readonly kind: 'listening'; readonly publicPort: number | undefined }
  /** It has started. */
  | { readonly kind: 'started' }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'answer'; readonly id: number; readonly text: string }
  /** Entries of its live log, for that of the first. */
  | { readonly kind: 'live'; readonly text: string }
  /** Whether somebody watches the live log of the first. */
  | { readonly kind: 'watched'; readonly isWatched: boolean };

/** From the primary to a worker. */
export type ToWorker =
  | { readonly kind: 'stop' }
  | { readonly kind: 'live'; readonly text: string }
  | { readonly kind: 'watched'; readonly isWatched: boolean }
  /** To be answered with the same id. */
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | ({ readonly kind: 'answers'; readonly id: number } & AllAnswers);
