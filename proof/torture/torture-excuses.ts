// What was done to the processes and the database of a torture, and which repetitions it excuses.

import type { LedgerEntry, Overlap } from './torture-stand-in.js';

/**
 * What can be done: a process is killed or stopped for a while; its connections to the database fall silent or are ended; the database is killed and
 * started again, or its standby takes its place.
 */
export type Trouble = 'killed' | 'stopped' | 'silent' | 'cut' | 'database killed' | 'standby gone' | 'standby promoted';

/** It was done. */
export interface Disturbance {
  readonly trouble: Trouble;
  /** The run of the process that it was done to; absent: all of them. */
  readonly run?: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Why an event came again although its first request was answered. */
export interface Excuse {
  readonly trouble: Trouble;
  /** From the first request to the trouble, in milliseconds; 0 where it was under way already. */
  readonly unwrittenMs: number;
}

/** @returns `undefined`: there is no excuse */
export type ExcuseOf = (before: LedgerEntry, again: LedgerEntry) => Excuse | undefined;

/** An answer is written down at once; a trouble that comes later than this is no excuse. */
const WRITTEN_WITHIN_MS = 3_000;

/** How long after its end a trouble is an excuse, in milliseconds. A request is read a moment after its sender was killed; what was cut off is not at once whole again, and another
 * process that has seen it gone may take its lanes just then. */
const LASTS_MS: Readonly<Record<Trouble, number>> = {
  killed: 100,
  stopped: 3_000,
  silent: 8_000,
  cut: 8_000,
  'database killed': 8_000,
  'standby gone': 8_000,
  'standby promoted': 8_000,
};

/** A request takes no longer than this: one that was begun before the trouble may end so much later. */
const REQUEST_MS = 11_000;

/** The next request of the same run for the same lane. */
function successors(ledger: readonly LedgerEntry[]): ReadonlyMap<LedgerEntry, LedgerEntry> {
  const next = new Map<LedgerEntry, LedgerEntry>();
  const last = new Map<string, LedgerEntry>();
  for (const entry of ledger) {
    const name = `${entry.session} ${entry.lane}`;
    const before = last.get(name);
    if (before !== undefined) next.set(before, entry);
    last.set(name, entry);
  }
  return next;
}

/** A stopped process that goes on sends what it was about to send: one request. */
function isOfSleeper({ trouble, run, to }: Disturbance, { session, at }: LedgerEntry): boolean {
  return trouble === 'stopped' && run === session && at >= to - 100 && at <= to + LASTS_MS.stopped;
}

/**
 * A repetition is excused where the answer to the first request may not have been written down: the process that sent it was in trouble then, and has sent nothing
 * more for the lane before the trouble was over. For a lane sends nothing more before the last answer is written down.
 */
export function excusesFor(ledger: readonly LedgerEntry[], disturbances: readonly Disturbance[]): ExcuseOf {
  const next = successors(ledger);
  return (before, again) => {
    const nextAt = next.get(before)?.at ?? Number.POSITIVE_INFINITY;
    const found = disturbances.find((disturbance) => {
      const { trouble, run = before.session, from, to } = disturbance;
      if (isOfSleeper(disturbance, again)) return true;
      if (run !== before.session || nextAt < to || (trouble === 'killed' && before.session === again.session))
        return false;
      return before.at >= from - WRITTEN_WITHIN_MS && before.at <= to + LASTS_MS[trouble];
    });
    return found && { trouble: found.trouble, unwrittenMs: Math.max(0, found.from - before.at) };
  };
}

/**
 * Requests of a lane at the same time that nothing excuses. A process that is stopped cannot give its request up, and one that was silenced or cut off sends at most what it had begun.
 */
export function unexcusedOverlaps(
  overlaps: readonly Overlap[],
  disturbances: readonly Disturbance[],
): readonly Overlap[] {
  return overlaps.filter(
    ({ sessions, at }) =>
      sessions[0] === sessions[1] ||
      !disturbances.some(
        ({ trouble, run, from, to }) =>
          (run === undefined || sessions.includes(run)) &&
          at >= from &&
          at <= to + Math.max(LASTS_MS[trouble], REQUEST_MS),
      ),
  );
}
