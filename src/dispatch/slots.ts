// Shares a fixed number of places among lanes: workspaces take turns, and neither slow lanes nor one workspace ever hold all of them.

import { createPlaceQueue, type PlaceQueue } from './place-queue.js';

/** A place that was given out, for one request after the other. */
export interface Place {
  /** A request begins. */
  begin(): void;
  /** Gives the place back. */
  release(): void;
  /** Whether somebody waits who could have the place. */
  readonly wanted: boolean;
}

/** Who asks for a place. */
export interface Asker {
  /** The workspace of the lane. */
  readonly owner: string;
  /**
   * The last request of the lane failed, and the next may hang for a whole timeout, or its target takes long to answer. Such lanes together hold at most half of the places: a few of them
   * would take all, and everybody else would wait for them.
   */
  readonly slow: boolean;
}

/** Places for requests. Each call costs the same however many wait. */
export interface Slots {
  /** Waits for a place; `undefined` when there will be none any more. */
  take(asker: Asker): Promise<Place | undefined>;
  /** Sends everybody who waits away. */
  close(): void;
  readonly taken: number;
}

/** A request that takes longer, in milliseconds, counts as slow while it is under way, and its lane after it. */
export const SLOW_MS = 1_000;

interface Waiter extends Asker {
  readonly admit: (place: Place | undefined) => void;
}

interface Held {
  readonly owner: string;
  slow: boolean;
  /** Milliseconds since the epoch. */
  since: number;
}

/**
 * @param places at least 1; with one place only, slow lanes share it, too
 * @param now milliseconds since the epoch
 */
export function createSlots(places: number, now: () => number): Slots {
  const placesForSlow = Math.max(1, Math.floor(places / 2));
  // What one workspace leaves to others is free when they come, and not only after its requests.
  const placesForOne = places < 4 ? places : places - Math.floor(places / 4);
  const takenBy = new Map<string, number>();
  const mayHaveMore = (owner: string) => (takenBy.get(owner) ?? 0) < placesForOne;
  const quick = createPlaceQueue<Waiter>(mayHaveMore);
  const slow = createPlaceQueue<Waiter>(mayHaveMore);
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

  function nextRoom(): PlaceQueue<Waiter> | undefined {
    const slowMay = takenBySlow < placesForSlow && slow.hasNext;
    if (!quick.hasNext) return slowMay ? slow : undefined;
    return slowMay && slowIsNext ? slow : quick;
  }

  function placeOf(held: Held): Place {
    return {
      begin() {
        age();
        held.since = now();
        if (held.slow) return;
        young.delete(held);
        young.add(held);
      },
      get wanted() {
        const slowMay = takenBySlow - (held.slow ? 1 : 0) < placesForSlow;
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
    while (taken < places) {
      const room = nextRoom();
      const waiter = room?.next();
      if (room === undefined || waiter === undefined) return;
      slowIsNext = room === quick;
      const held: Held = { owner: waiter.owner, slow: waiter.slow, since: now() };
      taken += 1;
      count(waiter.owner, 1);
      if (waiter.slow) takenBySlow += 1;
      else young.add(held);
      waiter.admit(placeOf(held));
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
