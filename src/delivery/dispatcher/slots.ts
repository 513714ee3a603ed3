// Shares a fixed number of places among lanes: first come, first served, and never all of them for lanes in trouble.

/** Gives a place back. */
export type Release = () => void;

/** Places for requests. */
export interface Slots {
  /**
   * Waits for a place; `undefined` when there will be none any more.
   *
   * @param suspect the last request of the lane failed: it may hang for a whole timeout, so such lanes together hold at most half of the places
   */
  take(suspect: boolean): Promise<Release | undefined>;
  /** Sends everybody who waits away. */
  close(): void;
  readonly taken: number;
  /** Whether somebody waits who could have a place that is given back. */
  readonly wanted: boolean;
}

interface Waiter {
  readonly suspect: boolean;
  readonly admit: (release: Release | undefined) => void;
}

/** @param places at least 1; with one place only, lanes in trouble share it too */
export function createSlots(places: number): Slots {
  const placesForSuspects = Math.max(1, Math.floor(places / 2));
  const waiters: Waiter[] = [];
  let taken = 0;
  let takenBySuspects = 0;
  let closed = false;

  const mayHaveOne = ({ suspect }: Waiter) => !suspect || takenBySuspects < placesForSuspects;

  function admitNext(): void {
    while (taken < places) {
      const next = waiters.findIndex(mayHaveOne);
      const [waiter] = next < 0 ? [] : waiters.splice(next, 1);
      if (waiter === undefined) return;
      const share = waiter.suspect ? 1 : 0;
      taken += 1;
      takenBySuspects += share;
      waiter.admit(() => {
        taken -= 1;
        takenBySuspects -= share;
        admitNext();
      });
    }
  }

  return {
    take(suspect) {
      if (closed) return Promise.resolve(undefined);
      return new Promise((admit) => {
        waiters.push({ suspect, admit });
        admitNext();
      });
    },
    close() {
      closed = true;
      for (const { admit } of waiters.splice(0)) admit(undefined);
    },
    get taken() {
      return taken;
    },
    get wanted() {
      return waiters.some(mayHaveOne);
    },
  };
}
