// Keeps count of what waits and what died per lane, and of what is claimed.

import { type LaneId, partsOfLane } from '../lane-id.js';
import type { LaneStatus } from '../outbox.js';
import { Ages } from './ages.js';

/** One lane's deliveries, as far as memory knows them. */
export class Lane {
  waiting = 0;
  deadLetters = 0;
  ages = new Ages();
  /** Keys that were given out and are not settled. */
  claimed = new Set<string>();
  /** No unclaimed record lies before it. Starting here spares a scan the graves of all that was delivered. */
  floor = '';
  #turn: Promise<unknown> = Promise.resolve();
  #scanning = false;
  #settledMeanwhile: string[] = [];

  /** Runs scans of the lane one after another. */
  inTurn<T>(scan: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      this.#scanning = true;
      try {
        return await scan();
      } finally {
        this.#scanning = false;
        for (const key of this.#settledMeanwhile) this.claimed.delete(key);
        this.#settledMeanwhile = [];
      }
    };
    const result = this.#turn.then(run, run);
    this.#turn = result;
    // The caller of this turn sees the error; the next turn does not care.
    result.catch(() => undefined);
    return result;
  }

  /** A scan that runs reads an older state, in which the settled key is still there: until it ends the key stays claimed. */
  release(key: string): void {
    if (this.#scanning) this.#settledMeanwhile.push(key);
    else this.claimed.delete(key);
  }

  /** A record was written at the key. */
  lowerFloor(key: string): void {
    if (key < this.floor) this.floor = key;
  }
}

/** All lanes. */
export class Lanes {
  readonly #lanes = new Map<LaneId, Lane>();
  #bytes = 0;

  /** Bytes of waiting payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The lane of that name, made when there is none. */
  lane(id: LaneId): Lane {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(id, lane);
    }
    return lane;
  }

  /** A record waits now. */
  arrived(id: LaneId, key: string, acceptedAt: number, bytes: number): void {
    const lane = this.lane(id);
    lane.waiting += 1;
    lane.ages.add(acceptedAt);
    lane.lowerFloor(key);
    this.#bytes += bytes;
  }

  /** A claimed record waits no more. */
  left(id: LaneId, key: string, acceptedAt: number, bytes: number): void {
    const lane = this.lane(id);
    lane.waiting -= 1;
    lane.ages.remove(acceptedAt);
    lane.release(key);
    this.#bytes -= bytes;
  }

  /** Forgets the counts before the disk is counted anew; claims stay. */
  reset(): void {
    this.#bytes = 0;
    for (const lane of this.#lanes.values()) {
      lane.waiting = 0;
      lane.deadLetters = 0;
      lane.ages = new Ages();
      lane.floor = '';
    }
  }

  /** Forgets all claims but these. @param claims keys by lane */
  keepClaims(claims: ReadonlyMap<LaneId, Set<string>>): void {
    for (const [id, lane] of this.#lanes) lane.claimed = claims.get(id) ?? new Set();
  }

  /** Lanes with something waiting. */
  waiting(): LaneId[] {
    return [...this.#lanes].filter(([, lane]) => lane.waiting > 0).map(([id]) => id);
  }

  status(): LaneStatus[] {
    return [...this.#lanes]
      .filter(([, lane]) => lane.waiting > 0 || lane.deadLetters > 0)
      .map(([lane, { waiting, deadLetters, ages }]) => ({
        lane,
        ...partsOfLane(lane),
        waiting,
        deadLetters,
        ...(ages.oldest === undefined ? {} : { oldestAcceptedAt: ages.oldest }),
      }));
  }
}
