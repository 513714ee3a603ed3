// Keeps count of what waits and what died per lane, and of what is claimed.

import { Mutex } from '../../base/mutex.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import { LaneMap } from '../lane-map.js';
import type { LaneStatus } from '../outbox.js';
import { Ages } from './ages.js';
import { People } from './people.js';

/** Bytes of records. */
export interface Held {
  waiting: number;
  dead: number;
}

const NOTHING: Readonly<Held> = { waiting: 0, dead: 0 };

/** One lane's deliveries, as far as memory knows them. */
export class LaneIndex {
  waiting = 0;
  deadLetters = 0;
  deadBytes = 0;
  /** None of them died before. */
  oldestDeath: EpochMs = 0;
  ages = new Ages();
  /** Keys that were given out and are not settled, with the bytes of their records. */
  claimed = new Map<string, number>();
  /** No unclaimed record lies before it. Starting here spares a scan the tombstones of all that was delivered. */
  floor = '';
  /** Whom its records are about. */
  people = new People();
  readonly #scans = new Mutex();
  #scanning = false;
  #settledMeanwhile: string[] = [];
  readonly #onIdle: () => void;

  /** @param onIdle told when the last scan is over */
  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** Nothing is known of it that a new lane of its name would not know. */
  get isBlank(): boolean {
    return this.#scans.isIdle && this.waiting === 0 && this.deadLetters === 0 && this.claimed.size === 0;
  }

  /** Runs scans of the lane one after another. */
  async exclusively<T>(scan: () => Promise<T>): Promise<T> {
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
    try {
      return await this.#scans.run(run);
    } finally {
      if (this.#scans.isIdle) this.#onIdle();
    }
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

/** All lanes of which something is known; one that is done with is forgotten. */
export class Lanes {
  readonly #lanes = new LaneMap<LaneIndex>();
  readonly #byWorkspace = new Map<string, Held>();
  readonly #all: Held = { waiting: 0, dead: 0 };
  #removed = 0;

  /** Bytes of waiting records. */
  get bytes(): number {
    return this.#all.waiting;
  }

  /** Bytes of dead letters. */
  get deadBytes(): number {
    return this.#all.dead;
  }

  /** Bytes of all records that were taken out or put elsewhere so far. */
  get removedBytes(): number {
    return this.#removed;
  }

  /** Bytes of a workspace's records. */
  held(workspaceId: string): Readonly<Held> {
    return this.#byWorkspace.get(workspaceId) ?? NOTHING;
  }

  #count(id: LaneId, kind: keyof Held, bytes: number): void {
    const { workspaceId } = partsOfLane(id);
    let held = this.#byWorkspace.get(workspaceId);
    if (held === undefined) {
      held = { waiting: 0, dead: 0 };
      this.#byWorkspace.set(workspaceId, held);
    }
    held[kind] += bytes;
    this.#all[kind] += bytes;
    if (bytes < 0) this.#removed -= bytes;
    if (held.waiting === 0 && held.dead === 0) this.#byWorkspace.delete(workspaceId);
  }

  /** The lane of that name, made when there is none. To be used at once: one of which nothing is known is forgotten. */
  lane(id: LaneId): LaneIndex {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = new LaneIndex(() => this.#forgetBlank(id));
      this.#lanes.set(id, lane);
    }
    return lane;
  }

  /** Events can name as many lists, and so lanes, as they like. */
  #forgetBlank(id: LaneId): void {
    if (this.#lanes.get(id)?.isBlank === true) this.#lanes.delete(id);
  }

  /** Deliveries of a lane that wait, claimed ones included. */
  countWaiting(id: LaneId): number {
    return this.#lanes.get(id)?.waiting ?? 0;
  }

  /** When the oldest of those was accepted. */
  oldestAcceptedAt(id: LaneId): EpochMs | undefined {
    return this.#lanes.get(id)?.ages.oldest;
  }

  /** A record waits now. @returns its lane */
  arrived(id: LaneId, key: string, acceptedAt: EpochMs, bytes: number): LaneIndex {
    const lane = this.lane(id);
    // Nothing lies before the only one there is.
    if (lane.waiting === 0) lane.floor = key;
    else lane.lowerFloor(key);
    lane.waiting += 1;
    lane.ages.add(acceptedAt);
    this.#count(id, 'waiting', bytes);
    return lane;
  }

  /** A claimed record waits no more. */
  left(id: LaneId, key: string, acceptedAt: EpochMs, bytes: number): void {
    const lane = this.lane(id);
    lane.waiting -= 1;
    lane.ages.remove(acceptedAt);
    lane.release(key);
    this.#count(id, 'waiting', -bytes);
    if (lane.waiting === 0) this.#forgetBlank(id);
  }

  /** A dead letter more. */
  died(id: LaneId, diedAt: EpochMs, bytes: number): void {
    const lane = this.lane(id);
    lane.oldestDeath = lane.deadLetters === 0 ? diedAt : Math.min(lane.oldestDeath, diedAt);
    lane.deadLetters += 1;
    lane.deadBytes += bytes;
    this.#count(id, 'dead', bytes);
  }

  /** A dead letter less. */
  deadLetterRemoved(id: LaneId, bytes: number): void {
    const lane = this.lane(id);
    lane.deadLetters -= 1;
    lane.deadBytes -= bytes;
    this.#count(id, 'dead', -bytes);
    this.#forgetBlank(id);
  }

  /** Lanes with dead letters that may have died before a time. */
  withDeathsBefore(time: number): LaneId[] {
    return [...this.#lanes.entries()]
      .filter(([, lane]) => lane.deadLetters > 0 && lane.oldestDeath < time)
      .map(([id]) => id);
  }

  /** None of the lane's dead letters died before. */
  noDeathsBefore(id: LaneId, time: number): void {
    const lane = this.#lanes.get(id);
    if (lane !== undefined) lane.oldestDeath = Math.max(lane.oldestDeath, time);
  }

  /** The largest lane of dead letters of the workspace that has most of them; `undefined` when there is none. */
  mostDead(): LaneId | undefined {
    let workspace: string | undefined;
    for (const [id, { dead }] of this.#byWorkspace)
      if (dead > (workspace === undefined ? 0 : this.held(workspace).dead)) workspace = id;
    if (workspace === undefined) return undefined;
    let most: LaneId | undefined;
    let bytes = 0;
    for (const [id, { deadBytes }] of this.#lanes.entries(workspace)) {
      if (deadBytes <= bytes) continue;
      most = id;
      bytes = deadBytes;
    }
    return most;
  }

  /** Forgets the counts before the disk is counted anew; claims stay. */
  reset(): void {
    this.#all.waiting = 0;
    this.#all.dead = 0;
    this.#byWorkspace.clear();
    for (const [, lane] of this.#lanes.entries()) {
      lane.waiting = 0;
      lane.deadLetters = 0;
      lane.deadBytes = 0;
      lane.ages = new Ages();
      lane.floor = '';
      lane.people = new People();
    }
  }

  /** All records that were on disk are counted. */
  allFound(): void {
    for (const [, lane] of this.#lanes.entries()) lane.people.allFound();
  }

  /** Forgets all claims but these. @param claims keys by lane */
  keepClaims(claims: ReadonlyMap<LaneId, Map<string, number>>): void {
    for (const [id, lane] of this.#lanes.entries()) {
      lane.claimed = claims.get(id) ?? new Map();
      this.#forgetBlank(id);
    }
  }

  /** Lanes with something waiting, of a workspace or of all. */
  waiting(workspaceId?: string): LaneId[] {
    return [...this.#lanes.entries(workspaceId)].filter(([, lane]) => lane.waiting > 0).map(([id]) => id);
  }

  /** Lanes with dead letters, of a workspace or of all. */
  dead(workspaceId?: string): LaneId[] {
    return [...this.#lanes.entries(workspaceId)].filter(([, lane]) => lane.deadLetters > 0).map(([id]) => id);
  }

  /** Lanes of a workspace with anything in them. */
  ofWorkspace(workspaceId: string): LaneId[] {
    return [...this.#lanes.entries(workspaceId)].map(([id]) => id);
  }

  status(): LaneStatus[] {
    return [...this.#lanes.entries()]
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
