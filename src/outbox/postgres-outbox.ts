// The outbox in a PostgreSQL database, shared by any number of replicas.

import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Secret } from '../base/secret.js';
import type { EpochMs } from '../base/time.js';
import { openPostgres } from '../postgres/connection.js';
import type { LaneId } from './lane-id.js';
import type { Outbox } from './outbox.js';
import { createAppend } from './postgres/append.js';
import { claim, findNextAge, putBackUnused } from './postgres/claims.js';
import { DatabaseClock } from './postgres/database-clock.js';
import { drop, listDeadLetters, redeliver } from './postgres/dead-letters.js';
import { LaneIds } from './postgres/lane-ids.js';
import { keepNote } from './postgres/lane-notes.js';
import { type HeldLane, HeldLanes } from './postgres/lanes.js';
import { inOutboxTerms } from './postgres/outbox-error.js';
import { LaneOwnership } from './postgres/ownership.js';
import { purge } from './postgres/purge.js';
import { Replica } from './postgres/replica.js';
import { Room } from './postgres/room.js';
import { Seldom } from './postgres/seldom.js';
import { settle, settleInTurn } from './postgres/settle.js';
import { Signals } from './postgres/signals.js';
import { Watch } from './postgres/watch.js';

/** How many dead letters may be kept, and for how long. */
export interface DeadLetterLimits {
  /** Bytes of all workspaces together. */
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly maxAgeMs: number;
}

/** Where the outbox is and how much it takes. */
export interface PostgresOutboxSettings {
  readonly url: Secret;
  /** Of its tables, which are made where they are missing. */
  readonly schema: string;
  /** Milliseconds after which the lanes of a replica that stands still are taken by others. */
  readonly leaseMs: number;
  /** Bytes of waiting events of all replicas, about. */
  readonly maxBytes: number;
  /** Whether more than one workspace has settings: then none may fill it for all. */
  readonly isShared: () => boolean;
  readonly deadLetters: DeadLetterLimits;
  /** Milliseconds after which a waiting event becomes a dead letter instead of being claimed. */
  readonly maxAgeMs: number;
  /** Milliseconds in which a message of the same id is a duplicate; 0 for no such check. */
  readonly dedupeWindowMs: number;
  /** Names what a lane shares with others, so that one replica has them all; its own name where that is nothing. */
  readonly turnOf: (lane: LaneId) => string;
  readonly now?: () => EpochMs;
  readonly log: Logger;
}

const CONNECTIONS = 8;
const QUERY_TIMEOUT_MS = 5_000;

/** For how long the opening waits for the database. */
const OPENING_MS = 3_000;

/** Milliseconds in which a lane that this replica does not hold is looked for once: by a claim, and by an append, which does not wait for long. */
const CLAIM_LOOK_MS = 250;
const APPEND_LOOK_MS = 60_000;
const APPEND_WAIT_MS = 1_000;

/** Milliseconds within which an append is answered, whatever it waits for. */
const APPEND_ANSWER_MS = 4_800;

/**
 * Opens the outbox.
 *
 * It does not throw for a database that cannot be used: then `status()` says why, `append` throws OUTBOX_UNAVAILABLE, no lane is held, and the outbox tries again by itself.
 *
 * @throws DatabaseError `URL_INVALID`
 */
export async function openPostgresOutbox(settings: PostgresOutboxSettings): Promise<Outbox> {
  const { url, schema, leaseMs, maxAgeMs, dedupeWindowMs, turnOf, now = Date.now, log } = settings;
  const listeners = {
    append: [] as Parameters<Outbox['onAppend']>[0][],
    lost: [] as Parameters<Outbox['onLost']>[0][],
    wantedBack: [] as Parameters<Outbox['onWantedBack']>[0][],
  };
  function tell<Args extends unknown[]>(all: readonly ((...args: Args) => void)[], ...args: Args): void {
    for (const listener of all) {
      try {
        listener(...args);
      } catch (error) {
        // What is stored stays stored, whatever a listener does.
        log.error({ error: String(error) }, 'A listener of the outbox failed.');
      }
    }
  }

  const postgres = openPostgres({ url, schema, maxConnections: CONNECTIONS, queryTimeoutMs: QUERY_TIMEOUT_MS, log });
  const lanes = new HeldLanes();
  const clock = new DatabaseClock();
  const signals = new Signals();
  const replica = new Replica(leaseMs, clock);
  const room = new Room({ ...settings, log });
  let isClosed = false;

  const ownership = new LaneOwnership({
    ...{ database: postgres, replica, lanes, signals, turnOf, now, log },
    hasNews(lane, origin) {
      lane.hasNews();
      tell(listeners.append, lane.name, origin);
    },
    lost: (lane) => tell(listeners.lost, lane.name),
    wantedBack(workspaceId) {
      tell(listeners.wantedBack, workspaceId);
      void putBackUnusedOf(workspaceId);
    },
  });
  const session = postgres.openSession({
    begin: (queries) => ownership.begin(queries),
    lost: () => ownership.cut(),
  });
  const watch = new Watch({
    ...{ database: postgres, session, replica, lanes, room, now, log },
    limits: settings.deadLetters,
  });

  /** Lanes in which this replica has stored something, and which it does not hold. */
  const unheld = new Set<LaneId>();
  const soughtByAppend = new Seldom(APPEND_LOOK_MS);
  const soughtByClaim = new Seldom(CLAIM_LOOK_MS);

  /** A lane that no one holds is this replica's from the first event on. Which others hold is seen by the same look. */
  async function takeNew(begunAt: number): Promise<void> {
    if (unheld.size === 0) return;
    const isNew = [...unheld].filter((lane) => soughtByAppend.isDue(lane)).length > 0;
    unheld.clear();
    const waitMs = Math.min(APPEND_WAIT_MS, begunAt + APPEND_ANSWER_MS - performance.now());
    if (isNew && waitMs > 0) await Promise.race([ownership.lookNow(), sleep(waitMs, undefined, { ref: false })]);
  }

  const append = createAppend({
    ...{ database: postgres, dedupeWindowMs, room, now, log },
    laneIds: new LaneIds(postgres, turnOf),
    appended(name, { events }) {
      const lane = lanes.get(name);
      if (lane === undefined) {
        unheld.add(name);
        return;
      }
      lane.waiting += events;
      lane.oldestAcceptedAt ??= clock.now();
      lane.hasNews();
      tell(listeners.append, name);
    },
  });

  const deps = {
    ...{ database: postgres, clock, maxAgeMs, log },
    replicaId: () => replica.id,
    lose: (lane: HeldLane) => ownership.lose(lane),
  };
  const claimDeps = { ...deps, settle: settleInTurn.bind(undefined, deps) };

  const purgeDeps = {
    database: postgres,
    removed(id: number, events: number) {
      const lane = lanes.ofId(id);
      if (lane !== undefined) lane.waiting = Math.max(0, lane.waiting - events);
    },
  };
  function requireOpen(): void {
    if (isClosed) throw new PluginError('OUTBOX_UNAVAILABLE', 'closed');
  }

  /** Does not throw. */
  async function putBackUnusedOf(workspaceId: string): Promise<void> {
    try {
      for (const lane of lanes.ofWorkspace(workspaceId)) await putBackUnused(deps, lane);
    } catch (error) {
      watch.failed(error);
    }
  }

  /** The lane, taken if need be and possible. */
  async function take(name: LaneId): Promise<HeldLane | undefined> {
    const held = lanes.get(name);
    if (held !== undefined || isClosed || !soughtByClaim.isDue(name)) return held;
    await ownership.lookNow();
    return lanes.get(name);
  }

  /** Asks the database of a lane, and answers nothing where it cannot be asked: who asked may sleep then, and is told of the lane again. Does not throw. */
  async function ask<T>(lane: HeldLane, isServed: boolean, nothing: T, question: () => Promise<T>): Promise<T> {
    if (isServed) {
      try {
        return await question();
      } catch (error) {
        watch.failed(error);
      }
    }
    lane.wasRefused = true;
    return nothing;
  }

  await watch.start(ownership, OPENING_MS);

  return {
    async append(events) {
      const begunAt = performance.now();
      try {
        const results = await append.append(events);
        watch.worked();
        await takeNew(begunAt);
        return results;
      } catch (error) {
        watch.failed(error);
        throw error;
      }
    },
    async claim(name, maxEvents, maxBytes) {
      const lane = await take(name);
      if (lane === undefined) return [];
      const isServed = ownership.holds(lane) && lane.leavingUntil <= performance.now();
      return ask(lane, isServed, [], () => claim(claimDeps, lane, maxEvents, maxBytes));
    },
    async settle(settlements) {
      const [first] = settlements;
      if (first === undefined) return 'settled';
      const { workspaceId, target } = first.delivery;
      const lane = lanes.get(`${workspaceId}/${target}`);
      return lane === undefined ? 'lost' : inOutboxTerms(() => settle(deps, lane, settlements));
    },
    async nextDueAt(name) {
      const lane = await take(name);
      if (lane === undefined) return undefined;
      const age = await ask(lane, ownership.holds(lane), undefined, () => findNextAge(deps, lane));
      // Who asks waits by the clock of the process, which may be hours behind the database's.
      return age === undefined ? undefined : Math.round(now() - age);
    },
    lanes: (workspaceId) =>
      [...lanes.ofWorkspace(workspaceId)].filter(({ waiting }) => waiting > 0).map(({ name }) => name),
    countWaiting: (name) => lanes.get(name)?.waiting ?? 0,
    oldestAcceptedAt: (name) => lanes.get(name)?.oldestAcceptedAt,
    heldUntil: (name) => ownership.heldUntil(lanes.get(name)),
    onAppend: (listener) => void listeners.append.push(listener),
    onLost: (listener) => void listeners.lost.push(listener),
    noteOf: (name) => lanes.get(name)?.note,
    note(name, note) {
      const lane = lanes.get(name);
      if (lane !== undefined) keepNote(lane, note);
    },
    async release(name) {
      const lane = lanes.get(name);
      if (lane !== undefined) await inOutboxTerms(() => ownership.release(lane));
    },
    wantBack: (workspaceId) => inOutboxTerms(() => signals.send(postgres, 'want back', workspaceId)),
    onWantedBack: (listener) => void listeners.wantedBack.push(listener),
    deadLetters: (workspaceId, range) => listDeadLetters({ database: postgres }, workspaceId, range),
    redeliver: (key) =>
      inOutboxTerms(async () => {
        requireOpen();
        const redelivered = await redeliver({ database: postgres, signals }, key);
        if (redelivered === undefined) return undefined;
        const lane = lanes.ofId(redelivered.lane.id);
        if (lane === undefined) ownership.lookSoon();
        else {
          lane.waiting += 1;
          lane.hasNews();
          tell(listeners.append, lane.name, 'redelivered');
        }
        return redelivered.key;
      }),
    drop: (key) =>
      inOutboxTerms(async () => {
        requireOpen();
        return drop({ database: postgres }, key);
      }),
    purge: (workspaceId, what) =>
      inOutboxTerms(async () => {
        await putBackUnusedOf(workspaceId);
        const purged = await purge(purgeDeps, workspaceId, what);
        // There is room again.
        if (purged.removed > 0) await watch.status();
        return purged;
      }),
    acknowledge: async () => false,
    status: () => watch.status(),
    lastStatus: () => watch.lastStatus(),
    usage: () => watch.usage(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await append.close();
      await watch.close();
      await ownership.close();
      await postgres.close();
    },
  };
}
