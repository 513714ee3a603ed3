// Which lanes this replica holds: takes those that have no one, gives up those that others should have, and knows when it has lost some.

import type { Logger } from '../../base/logger.js';
import { Mutex } from '../../base/mutex.js';
import type { EpochMs } from '../../base/time.js';
import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import type { Session } from '../../postgres/session.js';
import type { LaneId } from '../lane-id.js';
import { acquire } from './acquire.js';
import { writeNotes } from './lane-notes.js';
import type { HeldLane, HeldLanes } from './lanes.js';
import { look, type Seen } from './look.js';
import type { Replica } from './replica.js';
import type { Signals } from './signals.js';

/** Milliseconds between two looks, at least; and how many times longer than a look the pause is, so that many lanes do not cost all the more. */
const LOOK_MS = 250;
const PAUSE_PER_LOOK = 25;
const LONGEST_PAUSE_MS = 500;

/** A look that somebody waits for comes no sooner after the one before. */
const SOON_MS = 20;

/** Milliseconds for which the session of a replica has to be gone before its lanes are taken: after a restart of the database each comes back to its own. */
const GONE_MS = 700;

/** Milliseconds after which lanes without an owner are taken beyond a fair share: who should have taken them does not. */
const STARVED_MS = 3_000;

/** Looks in a row in which this replica has more than its share before it gives some up: what is busy changes all the time. */
const LOOKS_OVER_SHARE = 8;

/** Milliseconds within which a lane that others should have has to be free of claims, or it stays. */
const LEAVE_MS = 10_000;

/** Milliseconds for which a lane that could not be served is left to others. */
const UNWANTED_MS = 60_000;

/** `$1` this replica */
const MINE: Statement = { name: 'lanes_mine', text: 'select id, name, epoch from lane where owner = $1' };

/** `$1` owner, `$2` lanes, `$3` their epochs: one that arrives late must not give up what was taken anew since */
const GIVE_UP: Statement = {
  name: 'lanes_give_up',
  text: `update lane l set owner = null, claimed_to = null from unnest($2::int[], $3::bigint[]) g (id, epoch)
    where l.id = g.id and l.owner = $1 and l.epoch = g.epoch`,
};

const GIVE_UP_ALL: Statement = {
  name: 'lanes_give_up_all',
  text: 'update lane set owner = null, claimed_to = null where owner = $1',
};

/** What ownership works with. */
export interface OwnershipSettings {
  readonly database: Postgres;
  readonly replica: Replica;
  readonly lanes: HeldLanes;
  readonly signals: Signals;
  readonly turnOf: (lane: LaneId) => string;
  /** The clock of `heldUntil`. */
  readonly now: () => EpochMs;
  readonly log: Logger;
  /** Told of lanes that have something new, or were taken with something in them. */
  readonly hasNews: (lane: HeldLane, origin?: 'redelivered') => void;
  /** Told of lanes that are held no more. */
  readonly lost: (lane: HeldLane) => void;
  /** Told of a workspace of which another replica wants all back. */
  readonly wantedBack: (workspaceId: string) => void;
}

/** Holds lanes. */
export class LaneOwnership {
  readonly #settings: OwnershipSettings;
  /** What changes lanes in the database, one after another. */
  readonly #steps = new Mutex();
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookAt = 0;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  #begun = () => {};
  readonly #whenBegun = new Promise<void>((resolve) => {
    this.#begun = resolve;
  });
  /** Since when the sessions of others are gone. */
  #goneSince = new Map<string, number>();
  #openSince: number | undefined;
  /** By how many turns this replica had more than its share in the last looks, the least of them. */
  #surplus = { least: 0, looks: 0 };
  readonly #unwanted = new Map<number, number>();

  constructor(settings: OwnershipSettings) {
    this.#settings = settings;
  }

  /** @param session of the replica, whose `begin` and `lost` are this one's */
  start(session: Session): void {
    this.#session = session;
    this.#schedule(0);
  }

  /** Until when a lane is held for sure. */
  heldUntil(lane: HeldLane | undefined): EpochMs {
    const { replica, now } = this.#settings;
    return lane === undefined || lane.isLost || this.#session?.isOpen !== true ? 0 : Math.floor(now() + replica.leftMs);
  }

  /** Whether claims may be made. */
  holds(lane: HeldLane): boolean {
    return !lane.isLost && this.#session?.isOpen === true && this.#settings.replica.leftMs > 0;
  }

  /** The session was opened: as the same replica, if that was in time. @throws DatabaseError */
  async begin(session: Queries): Promise<void> {
    const { replica } = this.#settings;
    this.#loseIfOver();
    await replica.enrol(session);
    await this.#steps.run(() => this.#compare(session));
    this.#begun();
    this.#schedule(0);
  }

  /** Resolves when the session was open once. */
  whenBegun(): Promise<void> {
    return this.#whenBegun;
  }

  /** The session has ended. What is held is still this replica's for a moment, in which nothing is claimed. */
  cut(): void {
    this.#schedule(0);
  }

  /** The lane is another's. */
  lose(lane: HeldLane): void {
    if (lane.isLost) return;
    this.#settings.lanes.remove(lane);
    this.#settings.lost(lane);
  }

  /** Looks as soon as can be. Resolves when it has, and has taken what it could; does not throw. */
  async lookNow(): Promise<void> {
    this.#schedule(SOON_MS);
    await this.#looking;
    if (this.#session?.isOpen === true && !this.#isClosed) await this.#look();
  }

  /** Looks soon: something came for a lane of which no one may be in charge. */
  lookSoon(): void {
    this.#schedule(SOON_MS);
  }

  /** Gives lanes up for others to take, with what they know of their targets. @throws DatabaseError: they are given up all the same, once the lease ends */
  async giveUp(lanes: readonly HeldLane[]): Promise<void> {
    const { database, replica } = this.#settings;
    for (const lane of lanes) this.lose(lane);
    // Who has them next must not ask a target that is known to be down.
    await writeNotes(database, replica.id, lanes);
    const epochs = lanes.map(({ epoch }) => epoch);
    if (lanes.length > 0) await database.query(GIVE_UP, [replica.id, lanes.map(({ id }) => id), epochs]);
  }

  /** Leaves a lane to others for a while. @throws DatabaseError */
  async release(lane: HeldLane): Promise<void> {
    this.#unwanted.set(lane.id, performance.now() + UNWANTED_MS);
    await this.#steps.run(() => this.giveUp([lane]));
  }

  /** Gives all up and leaves. Does not throw. */
  async close(): Promise<void> {
    const { replica, lanes, log } = this.#settings;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    const session = this.#session;
    for (const lane of [...lanes.all()]) this.lose(lane);
    try {
      if (session?.isOpen === true) {
        await session.query(GIVE_UP_ALL, [replica.id]);
        await replica.leave(session);
      }
    } catch (error) {
      log.warn({ problem: toProblem(error) }, 'Others take over when the lease ends');
    }
    await session?.close();
  }

  #schedule(ms: number): void {
    if (this.#isClosed || this.#session === undefined) return;
    const at = performance.now() + ms;
    if (this.#timer !== undefined && this.#lookAt <= at) return;
    clearTimeout(this.#timer);
    this.#lookAt = at;
    this.#timer = setTimeout(() => void this.#look(), ms);
  }

  /** One look at a time. Does not throw. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const begunAt = performance.now();
    let pause = LOOK_MS;
    try {
      // It may be enrolling in this moment, and is no other replica for this.
      this.#loseIfOver();
      const session = this.#session;
      if (session?.isOpen === true) {
        const tookMs = await this.#steps.run(() => this.#step(session));
        pause = Math.min(LONGEST_PAUSE_MS, Math.max(LOOK_MS, tookMs * PAUSE_PER_LOOK), this.#untilGoneMs());
      }
    } catch (error) {
      // An older state may be about to be restored: before anything else it is asked whether this one is that of before.
      this.#settings.replica.beatSoon();
      this.#settings.log.debug({ problem: toProblem(error) }, 'A look at the outbox failed');
    }
    this.#schedule(Math.max(0, begunAt + pause - performance.now()));
  }

  /** @returns how long the look took @throws DatabaseError */
  async #step(session: Session): Promise<number> {
    const { replica, signals, lanes } = this.#settings;
    if (replica.restMs <= 0) {
      if (replica.leftMs === 0 || !(await replica.beat(session))) {
        this.#loseAll();
        await replica.enrol(session);
      }
      await this.#compare(session);
      this.#noteMoved();
    }
    const gone = this.#gone();
    const begunAt = performance.now();
    const seen = await look(session, replica.id, gone);
    const tookMs = performance.now() - begunAt;
    this.#noteUnlocked(seen.unlocked);
    this.#tellNews(seen);
    for (const { kind, subject } of signals.read(seen.signals)) {
      if (kind === 'want back') this.#settings.wantedBack(subject);
      const lane = kind === 'redelivered' ? lanes.ofId(Number(subject)) : undefined;
      if (lane !== undefined) this.#settings.hasNews(lane, 'redelivered');
    }
    await this.#giveUpLeaving();
    this.#balance(seen);
    await this.#takeOpen(seen, this.#gone());
    return tookMs;
  }

  /** What the database says that this replica holds is what it holds. @throws DatabaseError */
  async #compare(session: Queries): Promise<void> {
    const { replica, lanes } = this.#settings;
    const { rows } = await session.query<{ readonly id: number; readonly name: LaneId; readonly epoch: string }>(MINE, [
      replica.id,
    ]);
    const epochs = new Map(rows.map(({ id, epoch }) => [id, Number(epoch)]));
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    for (const lane of [...lanes.all()])
      if (epochs.get(lane.id) !== lane.epoch || names.get(lane.id) !== lane.name) this.lose(lane);
    // Taken by a step of which no one knew whether it was committed.
    const stray = [...epochs].filter(([id]) => lanes.ofId(id) === undefined);
    if (stray.length > 0)
      await session.query(GIVE_UP, [replica.id, stray.map(([id]) => id), stray.map(([, epoch]) => epoch)]);
  }

  #loseIfOver(): void {
    if (this.#settings.replica.leftMs === 0) this.#loseAll();
  }

  #loseAll(): void {
    for (const lane of [...this.#settings.lanes.all()]) this.lose(lane);
  }

  #gone(): readonly string[] {
    const since = performance.now() - GONE_MS;
    return [...this.#goneSince].filter(([, at]) => at <= since).map(([id]) => id);
  }

  /** Milliseconds until the session of the next replica has been gone for long enough: its lanes are taken then, not a look later. */
  #untilGoneMs(): number {
    const since = performance.now() - GONE_MS;
    const rest = [...this.#goneSince.values()].filter((at) => at > since).map((at) => at - since);
    return Math.max(SOON_MS, Math.min(...rest, Number.POSITIVE_INFINITY));
  }

  #noteUnlocked(unlocked: readonly string[]): void {
    const at = performance.now();
    this.#goneSince = new Map(unlocked.map((id) => [id, this.#goneSince.get(id) ?? at]));
  }

  #tellNews({ lanes: ids, last }: Seen): void {
    const { lanes, hasNews } = this.#settings;
    ids.forEach((id, index) => {
      const lane = lanes.ofId(id);
      if (lane === undefined) return;
      const to = Number(last[index] ?? 0);
      // It was read to its end, nothing of it is claimed, and something is there: that lies before what was read.
      const isLate = to <= lane.toldTo && lane.isDry && lane.rows.size === 0;
      if (to <= lane.toldTo && !isLate && !lane.wasRefused) return;
      lane.wasRefused = false;
      if (isLate) lane.readFromStartAt = Number.NEGATIVE_INFINITY;
      lane.toldTo = Math.max(lane.toldTo, to);
      hasNews(lane);
    });
  }

  /** Lanes that share their turns with others than before, by the settings: they move when nothing of them is under way. */
  #noteMoved(): void {
    const { lanes, turnOf } = this.#settings;
    const until = performance.now() + LEAVE_MS;
    for (const lane of lanes.all()) if (lane.turn !== turnOf(lane.name)) lane.leavingUntil = until;
  }

  /** @throws DatabaseError */
  async #giveUpLeaving(): Promise<void> {
    const at = performance.now();
    const idle = [...this.#settings.lanes.all()].filter(
      ({ leavingUntil, rows, turns }) => leavingUntil > at && rows.size === 0 && turns.isIdle,
    );
    if (idle.length > 0) await this.giveUp(idle);
  }

  /** Where this replica has more than its share, some of its turns are to go to others. */
  #balance({ own, busy, replicas, lanes: ids }: Seen): void {
    const { lanes } = this.#settings;
    const now = Math.max(0, own - Math.ceil(busy / replicas));
    const { least, looks } = this.#surplus;
    this.#surplus =
      now === 0 ? { least: 0, looks: 0 } : { least: looks === 0 ? now : Math.min(least, now), looks: looks + 1 };
    if (this.#surplus.looks < LOOKS_OVER_SHARE) return;
    const surplus = this.#surplus.least;
    this.#surplus = { least: 0, looks: 0 };
    const byTurn = new Map<string, HeldLane[]>();
    for (const id of ids) {
      const lane = lanes.ofId(id);
      if (lane !== undefined) byTurn.set(lane.turn, [...(byTurn.get(lane.turn) ?? []), lane]);
    }
    const claimed = (of: readonly HeldLane[]) => of.reduce((sum, { rows }) => sum + rows.size, 0);
    const turns = [...byTurn.values()].sort((one, other) => claimed(one) - claimed(other));
    const until = performance.now() + LEAVE_MS;
    for (const some of turns.slice(0, surplus)) for (const lane of some) lane.leavingUntil = until;
  }

  /** @throws DatabaseError */
  async #takeOpen({ open, own, busy, replicas }: Seen, gone: readonly string[]): Promise<void> {
    const { database, replica, lanes, turnOf, hasNews } = this.#settings;
    const at = performance.now();
    for (const [id, until] of this.#unwanted) if (until <= at) this.#unwanted.delete(id);
    this.#openSince = open === 0 ? undefined : (this.#openSince ?? at);
    if (this.#openSince === undefined) return;
    const isStarved = at - this.#openSince >= STARVED_MS;
    const share = isStarved ? busy : Math.ceil(busy / replicas) - own;
    const unwanted = [...this.#unwanted.keys()];
    const taken = await acquire({ database, replicaId: replica.id, gone, share, unwanted, turnOf });
    if (taken === undefined) {
      this.#schedule(SOON_MS);
      return;
    }
    for (const lane of taken) {
      // What had this number or name before was of a state that is no more.
      for (const former of [lanes.ofId(lane.id), lanes.get(lane.name)]) if (former !== undefined) this.lose(former);
      lanes.add(lane);
    }
    for (const lane of taken) hasNews(lane);
  }
}
