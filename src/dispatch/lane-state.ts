// What a lane knows of its target, and what each thing that happens makes of that. No clock, no timer and no request: the time comes with each call.

import type { EpochMs } from '../base/time.js';
import type { LaneNote } from '../outbox/outbox.js';
import type { Attempted } from './batch-attempt.js';
import type { CircuitStatus, Reading } from './circuit.js';
import { SLOW_MS } from './permits.js';
import { MAX_RETRY_AFTER_MS } from './retry-policy.js';

/** For so long a lane counts as slow after a slow request, in milliseconds. */
const SLOW_FOR_MS = 60_000;

/** For so long it is remembered that a target refuses what is sent, in milliseconds. */
const AWARE_FOR_MS = 60 * 60_000;

/**
 * How a lane stands, the first that holds: `missing` has no target; `open` keeps requests back and `probing` lets the one through that finds out, by the circuit of its own target; `paused` was
 * asked to wait or waits for its next try; `failing` has had no good answer to the last request; `slow` had one late; `well` sends.
 */
export type LanePhase = 'missing' | 'open' | 'probing' | 'paused' | 'failing' | 'slow' | 'well';

const QUICK: ReadonlySet<LanePhase> = new Set(['well', 'missing']);
const GOING_ON: ReadonlySet<LanePhase> = new Set(['well', 'slow']);

/** Times are in milliseconds since the epoch, on the clock of the dispatcher. */
export class LaneState {
  #missing: string | undefined;
  #circuit: CircuitStatus = 'closed';
  #lastReading: Reading = 'answered';
  /** Failed requests in a row. */
  #failures = 0;
  /** Times in a row that no request could be made. */
  #faults = 0;
  #pausedUntil = 0;
  #slowUntil = 0;
  /** When an event that stood alone was refused last. */
  #refusedAt = 0;
  #problem: string | undefined;
  #inFlight = 0;

  /** Knows what another replica has noted, whose clock may be another: no pause is longer than any that is asked for. */
  restore({ pausedUntil, failures }: LaneNote, now: EpochMs): void {
    this.#failures = failures;
    this.#pausedUntil = Math.min(pausedUntil, now + MAX_RETRY_AFTER_MS);
    if (failures > 0) this.#lastReading = 'failed';
  }

  phase(now: EpochMs): LanePhase {
    if (this.#missing !== undefined) return 'missing';
    if (this.#circuit !== 'closed') return this.#circuit === 'open' ? 'open' : 'probing';
    if (this.#pausedUntil > now) return 'paused';
    if (this.#lastReading !== 'answered') return 'failing';
    return this.#slowUntil > now ? 'slow' : 'well';
  }

  /** There is a target. */
  targetFound(): void {
    this.#missing = undefined;
  }

  /** There is none. @returns whether that is news */
  targetMissing(why: string): boolean {
    const isNews = why !== this.#missing;
    this.#missing = why;
    return isNews;
  }

  /** It is another target, or the same one is to be tried anew: what was learned of the one before does not count. */
  targetRenewed(): void {
    this.#circuit = 'closed';
    this.#lastReading = 'answered';
    this.#slowUntil = 0;
    this.#pausedUntil = 0;
  }

  circuitChanged(status: CircuitStatus): void {
    this.#circuit = status;
  }

  requestBegan(): void {
    this.#inFlight += 1;
  }

  /** Whatever came of it. */
  requestEnded(now: EpochMs, begunAt: number): void {
    this.#inFlight -= 1;
    this.#slowUntil = now - begunAt > SLOW_MS ? now + SLOW_FOR_MS : 0;
  }

  /** An event was refused although it stood alone. */
  refusedAlone(now: EpochMs): void {
    this.#refusedAt = now;
  }

  /** What people should know of the last answer. */
  explained({ reading, problem, answer }: Attempted): void {
    this.#problem = reading === 'answered' ? problem : answer.message;
  }

  /** A request was answered, or not. @param isHostDown then nothing is learned about the lane, and the pause is the host's */
  requestRead({ reading, isAsked, pauseUntil = 0 }: Attempted, isHostDown: boolean): void {
    this.#lastReading = reading;
    const isOthersFault = reading === 'failed' && isHostDown;
    if (!isOthersFault) this.#failures = reading === 'answered' ? 0 : this.#failures + 1;
    if (!isOthersFault || isAsked) this.#pausedUntil = Math.max(this.#pausedUntil, pauseUntil);
  }

  /** No request could be made. @returns how often in a row */
  requestFaulted(problem: string): number {
    this.#problem = problem;
    this.#faults += 1;
    return this.#faults;
  }

  /** Nothing is sent until then. */
  pausedTo(until: number): void {
    this.#pausedUntil = until;
  }

  /** Requests can be made. */
  requestMade(): void {
    this.#faults = 0;
  }

  /** Whether the last request got no answer that says that the target is there. */
  get hasFailed(): boolean {
    return this.#lastReading === 'failed';
  }

  /** Failed requests in a row. */
  get failures(): number {
    return this.#failures;
  }

  get pausedUntil(): EpochMs {
    return this.#pausedUntil;
  }

  get circuit(): CircuitStatus {
    return this.#circuit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** What people should look at; `undefined` when all is well. */
  get problem(): string | undefined {
    return this.#missing ?? this.#problem;
  }

  /** Why the last request failed, or could not be made. */
  get lastProblem(): string | undefined {
    return this.#problem;
  }

  /** Whether the next request may take long, or all of its timeout. */
  mayBeSlow(now: EpochMs): boolean {
    return !QUICK.has(this.phase(now));
  }

  /** Whether the next request may follow at once. */
  goesOn(now: EpochMs): boolean {
    return GOING_ON.has(this.phase(now));
  }

  /** Until when what is known is worth keeping; a time that has passed when all is well. @param isAware whether it is known who is to blame for refusals */
  keptUntil(isAware: boolean): number {
    return Math.max(this.#pausedUntil, this.#slowUntil, isAware ? this.#refusedAt + AWARE_FOR_MS : 0);
  }
}
