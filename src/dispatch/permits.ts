// Shares a fixed number of permits among lanes: workspaces take turns, and neither slow lanes nor one workspace ever hold all of them.

import type { EpochMs } from '../base/time.js';
import { createPermitQueue, type PermitQueue } from './permit-queue.js';

/** A permit that was given out, for one request after the other. */
export interface Permit {
  /** A request begins. */
  begin(): void;
  /** Gives the permit back. */
  release(): void;
  /** Whether somebody waits who could have the permit. */
  readonly wanted: boolean;
}

/** Who asks for a permit. */
export interface Asker {
  /** The workspace of the lane. */
  readonly owner: string;
  /**
   * The last request of the lane failed, and the next may hang for a whole timeout, or its target takes long to answer. Such lanes together hold at most half of the permits: a few of them
   * would take all, and everybody else would wait for them.
   */
  readonly slow: boolean;
}

/** Permits for requests. Each call costs the same however many wait. */
export interface Permits {
  /** Waits for a permit; `undefined` when there will be none any more. */
  take(asker: Asker): Promise<Permit | undefined>;
  /** Sends everybody who waits away. */
  close(): void;
  readonly taken: number;
}

/** A request that takes longer, in milliseconds, counts as slow while it is under way, and its lane after it. */
export const SLOW_MS = 1_000;

interface Waiter extends Asker {
  readonly admit: (permit: Permit | undefined) => void;
}

interface Held {
  readonly owner: string;
  slow: boolean;
  since: EpochMs;
}

/**
 * @param total at least 1; with one permit only, slow lanes share it, too
 */
export function createPermits(total: number, now: () => EpochMs): Permits {
  const permitsForSlow = Math.max(1, Math.floor(total / 2));
  // What one workspace leaves to others is free when they come, and not only after its requests.
  const permitsForOne = total < 4 ? total : total - Math.floor(total / 4);
  const takenBy = new Map<string, number>();
  const mayHaveMore = (owner: string) => (takenBy.get(owner) ?? 0) < permitsForOne;
  const quick = createPermitQueue<Waiter>(mayHaveMore);
  const slow = createPermitQueue<Waiter>(mayHaveMore);
  /** Those whose request is not known to be slow, in the order in which it began. */
  const young = new Set<Held>();
  let taken = 0;
  let takenBySlow = 0;
  let slowIsNext = false;
  let closed = false;

  function count(owner: string, by: number): void {
    const some = (takenBy.get(owner) ?? 0) + by;
    if (some === 0) takenBy.delete(owner);
    else takenBy.set(owner, some);
  }

  function age(): void {
    const before = now() - SLOW_MS;
    for (const held of young) {
      if (held.since >= before) return;
      young.delete(held);
      held.slow = true;
      takenBySlow += 1;
    }
  }

  function nextRoom(): PermitQueue<Waiter> | undefined {
    const slowMay = takenBySlow < permitsForSlow && slow.hasNext;
    if (!quick.hasNext) return slowMay ? slow : undefined;
    return slowMay && slowIsNext ? slow : quick;
  }

  function permitOf(held: Held): Permit {
    return {
      begin() {
        age();
        held.since = now();
        if (held.slow) return;
        young.delete(held);
        young.add(held);
      },
      get wanted() {
        const slowMay = takenBySlow - (held.slow ? 1 : 0) < permitsForSlow;
        return quick.hasNextAfter(held.owner) || (slowMay && slow.hasNextAfter(held.owner));
      },
      release() {
        taken -= 1;
        if (!young.delete(held)) takenBySlow -= 1;
        count(held.owner, -1);
        quick.recall(held.owner);
        slow.recall(held.owner);
        admitNext();
      },
    };
  }

  function admitNext(): void {
    age();
    while (taken < total) {
      const room = nextRoom();
      const waiter = room?.next();
      if (room === undefined || waiter === undefined) return;
      slowIsNext = room === quick;
      const held: Held = { owner: waiter.owner, slow: waiter.slow, since: now() };
      taken += 1;
      count(waiter.owner, 1);
      if (waiter.slow) takenBySlow += 1;
      else young.add(held);
      waiter.admit(permitOf(held));
    }
  }

  return {
    take(asker) {
      if (closed) return Promise.resolve(undefined);
      return new Promise((admit) => {
        (asker.slow ? slow : quick).enter({ ...asker, admit });
        admitNext();
      });
    },
    close() {
      closed = true;
      for (const { admit } of [...quick.clear(), ...slow.clear()]) admit(undefined);
    },
    get taken() {
      return taken;
    },
  };
}
