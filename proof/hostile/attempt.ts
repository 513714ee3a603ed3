// An attempt to do harm, what is promised about it, and whether the promise held.

import { setTimeout as sleep } from 'node:timers/promises';
import { type HostileOptions, type HostileRig, memoryOf, startHostileRig } from './rig.js';

/** How hard it is tried: in seconds, or as hard as one machine can. */
export type Force = 'short' | 'full';

/** What was seen of an attempt. */
export interface Observation {
  /** For people. */
  readonly seen: string;
  readonly held: boolean;
}

/** One attempt. */
export interface Attempt {
  readonly what: string;
  readonly promise: string;
  /** Rejects when the promise is broken in a way it has no words for. */
  run(rig: HostileRig, force: Force): Promise<Observation>;
  /** Needs minutes. */
  readonly isLong?: boolean;
  /** May be seen in the log. Default: no line tells of a fault. */
  readonly mayLog?: boolean;
}

/** Attempts that share a process. */
export interface AttemptGroup {
  readonly title: string;
  readonly options?: HostileOptions;
  /** True where each attempt gets a process of its own, because memory that one took is not given back before the next. */
  readonly isEachAlone?: boolean;
  readonly attempts: readonly Attempt[];
}

/** A line of the table. */
export interface AttemptResult extends Observation {
  readonly what: string;
  readonly promise: string;
  /** Milliseconds that an ordinary request waited at the longest meanwhile. */
  readonly longestWaitMs: number;
  /** MiB that the process grew by at the most meanwhile. */
  readonly grownMiB: number;
}

const BEAT_MS = 40;

interface Watch {
  readonly longestWaitMs: number;
  readonly grownMiB: number;
  readonly complaint: string | undefined;
}

/** Sends ordinary requests until it is told to stop. */
function watch(rig: HostileRig): () => Promise<Watch> {
  const before = memoryOf(rig);
  let isOver = false;
  let longestWaitMs = 0;
  let most = before;
  let complaint: string | undefined;
  const watching = (async () => {
    while (!isOver && rig.isUp()) {
      const start = performance.now();
      complaint ??= await rig.control();
      longestWaitMs = Math.max(longestWaitMs, performance.now() - start);
      if (rig.isUp()) most = Math.max(most, memoryOf(rig));
      await sleep(BEAT_MS);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return { longestWaitMs: Math.round(longestWaitMs), grownMiB: Math.round(most - before), complaint };
  };
}

/** Runs an attempt beside ordinary requests. The process must live on, those must be answered rightly, and the log must tell of no fault. */
export async function runAttempt(rig: HostileRig, attempt: Attempt, force: Force): Promise<AttemptResult> {
  const { what, promise, mayLog } = attempt;
  const linesBefore = rig.lines().length;
  const stop = watch(rig);
  const { seen, held } = await attempt.run(rig, force).catch((error: unknown) => ({
    seen: error instanceof Error ? error.message : String(error),
    held: false,
  }));
  const { longestWaitMs, grownMiB, complaint } = await stop();
  const newLines = rig.lines().slice(linesBefore);
  const cause = newLines.find((line) => line.includes('FATAL'))?.slice(0, 100) ?? '';
  const troubles = rig.isUp()
    ? [
        ...(complaint === undefined ? [] : [complaint]),
        ...(mayLog ? [] : newLines.map((line) => `in the log: ${line.slice(0, 200)}`)),
      ]
    : [`THE PROCESS ENDED: ${cause}`];
  return {
    what,
    promise,
    seen: [seen, ...troubles].join('; '),
    held: held && troubles.length === 0,
    longestWaitMs,
    grownMiB,
  };
}

/** Runs the attempts of a group one after the other; a process that ended is started again. @param onResult told each result */
export async function runGroup(
  { attempts, options, isEachAlone = false }: AttemptGroup,
  force: Force,
  onResult: (result: AttemptResult) => void | Promise<void>,
): Promise<void> {
  let rig = await startHostileRig(options);
  try {
    for (const attempt of attempts) {
      if (attempt.isLong && force === 'short') continue;
      await onResult(await runAttempt(rig, attempt, force));
      if (rig.isUp() && !isEachAlone) continue;
      await rig.close();
      rig = await startHostileRig(options);
    }
  } finally {
    await rig.close();
  }
}
