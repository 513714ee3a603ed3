// The lanes that this replica holds, and what it has claimed of each.

import { Mutex } from '../../base/mutex.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { LaneNote } from '../outbox.js';
import type { RowEvent } from './event-rows.js';

/** A row of events of which some are claimed, or were read with those that are. */
export interface ClaimedRow {
  readonly seq: number;
  /** Of all positions, those that are done included. */
  readonly count: number;
  /** By position, but for those that are done. */
  readonly events: Map<number, RowEvent>;
  /** Tries by position, as the database has them; those that are absent have had none. */
  attempts: ReadonlyMap<number, number>;
  /** Positions that are not given out, in order. */
  free: number[];
  /** Positions that were given out and are not settled. */
  readonly given: Set<number>;
  /** It could not be read: its one event stands for all. */
  readonly isDamaged: boolean;
}

/** What the database says of a lane when it is acquired. */
export interface AcquiredLane {
  readonly id: number;
  readonly name: LaneId;
  readonly turn: string;
  readonly epoch: number;
  readonly purges: number;
  readonly note: LaneNote | undefined;
}

/** A lane that this replica holds. */
export class HeldLane {
  readonly id: number;
  readonly name: LaneId;
  /** Lanes with one turn are held by one replica. */
  readonly turn: string;
  /** Counts its owners. What is written for another number is not written. */
  readonly epoch: number;
  /** Runs claims and settlements one after another. */
  readonly turns = new Mutex();
  /** By sequence number. */
  readonly rows = new Map<number, ClaimedRow>();
  /** Purges so far: a claim that was read before one of them is read anew. */
  purges: number;
  /** Rows up to this one are claimed or done, but for those whose transactions ended late. */
  readTo = 0;
  /** When it was last read from its first row on, in milliseconds of the process. */
  readFromStartAt = Number.NEGATIVE_INFINITY;
  #news = 0;
  #readNews = -1;
  /** Rows up to this one were told of. */
  toldTo = 0;
  /** Who asked for its deliveries was told of none although there may be some: it is to be told again. */
  wasRefused = false;
  /** As last seen. */
  waiting = 0;
  oldestAcceptedAt: EpochMs | undefined;
  note: LaneNote | undefined;
  isNoteWritten = true;
  /** It is to go to another replica once nothing of it is claimed: until when nothing is, in milliseconds of the process. */
  leavingUntil = Number.NEGATIVE_INFINITY;
  /** How many events its rows have as a rule, for how many rows to read. */
  eventsPerRow = 1;
  /** It is held no more. */
  isLost = false;

  constructor({ id, name, turn, epoch, purges, note }: AcquiredLane) {
    this.id = id;
    this.name = name;
    this.turn = turn;
    this.epoch = epoch;
    this.purges = purges;
    this.note = note;
  }

  /** The last row of which something is claimed. */
  get claimedTo(): number | null {
    let last: number | null = null;
    for (const seq of this.rows.keys()) if (last === null || seq > last) last = seq;
    return last;
  }

  /** The row is as if it had never been read. */
  forget(seq: number): void {
    if (!this.rows.delete(seq)) return;
    this.readTo = Math.min(this.readTo, seq - 1);
    this.hasNews();
  }

  /** Something came, or may have come. */
  hasNews(): void {
    this.#news += 1;
  }

  /** A look to the end begins. @returns to be called if it finds nothing more: then the lane is dry until there is news of after this call */
  lookToEnd(): () => void {
    const news = this.#news;
    return () => {
      this.#readNews = news;
    };
  }

  /** The last look found the end, and nothing has come since. */
  get isDry(): boolean {
    return this.#readNews === this.#news;
  }
}

/** All lanes that this replica holds. */
export class HeldLanes {
  readonly #byName = new Map<LaneId, HeldLane>();
  readonly #byId = new Map<number, HeldLane>();

  get size(): number {
    return this.#byId.size;
  }

  get(name: LaneId): HeldLane | undefined {
    return this.#byName.get(name);
  }

  ofId(id: number): HeldLane | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<HeldLane> {
    return this.#byId.values();
  }

  add(lane: HeldLane): void {
    this.#byName.set(lane.name, lane);
    this.#byId.set(lane.id, lane);
  }

  remove(lane: HeldLane): void {
    lane.isLost = true;
    if (this.#byId.get(lane.id) !== lane) return;
    this.#byName.delete(lane.name);
    this.#byId.delete(lane.id);
  }

  /** Of a workspace, or of all. */
  *ofWorkspace(workspaceId?: string): Generator<HeldLane> {
    for (const lane of this.#byId.values())
      if (workspaceId === undefined || partsOfLane(lane.name).workspaceId === workspaceId) yield lane;
  }
}
