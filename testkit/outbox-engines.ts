// Every kind of outbox, opened in the same way: one suite of tests is run over all of them.

import { type TestContext, test } from 'node:test';
import { createLogger } from '../src/base/logger.js';
import { Secret } from '../src/base/secret.js';
import type { EpochMs } from '../src/base/time.js';
import type { LaneId } from '../src/outbox/lane-id.js';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import type { Outbox } from '../src/outbox/outbox.js';
import { openPostgresOutbox } from '../src/outbox/postgres-outbox.js';
import { awaitableLog, outboxDirectory, START } from './outbox.js';
import { MemoryOutbox, type OutboxLimits, ROOMY } from './outbox-memory.js';
import { type MemoryReplica, SharedMemory } from './outbox-shared-memory.js';
import { startPostgresProxy } from './postgres-proxy.js';
import { migratedSchema } from './postgres-replicas.js';
import { untilOpen } from './shared-outbox.js';

/** A clock that stands still until it is moved. */
export interface EngineClock {
  readonly at: EpochMs;
  readonly now: () => EpochMs;
  advance(ms: number): Promise<void>;
}

/** Where an outbox is. */
export interface Place {
  readonly clock: EngineClock;
  /** Opens it, for one process at a time, or for one more replica where it is shared. Closed behind the test. */
  open(): Promise<Outbox>;
}

/** Where an outbox is that replicas share. */
export interface SharedPlace extends Place {
  /** What was stored together is claimed together: a purge leaves what lies beside a claimed event, and says that it is under way. */
  readonly claimsRows: boolean;
  /** Gives a lane to a replica that is not there, without a word to the one that has it: what happens to one that stood still. @returns gives it free */
  takeAway(lane: LaneId): Promise<() => Promise<void>>;
  /** The lane was another's and has come back, without a word to the one that has it: what it has claimed before is nothing that it may settle. */
  interrupt(lane: LaneId): Promise<void>;
  /** From now on the replica does not reach the outbox. */
  cut(replica: Outbox): Promise<void>;
  /** It reaches it again. */
  heal(replica: Outbox): Promise<void>;
  /** A moment passes, in which free lanes are taken. */
  tick(): Promise<void>;
}

/** Kinds of outboxes. */
export type EngineName = 'memory' | 'shared memory' | 'embedded' | 'postgres';

/** A kind of outbox. */
export interface Engine<P extends Place> {
  readonly name: EngineName;
  /** @returns `undefined` where it cannot be had: the test is skipped */
  place(context: TestContext, limits: Partial<OutboxLimits>): Promise<P | undefined>;
}

function engineClock(moved: (at: EpochMs) => Promise<void> = async () => {}): EngineClock {
  let at = START;
  return {
    get at() {
      return at;
    },
    now: () => at,
    async advance(ms) {
      at += ms;
      await moved(at);
    },
  };
}

const MEMORY: Engine<Place> = {
  name: 'memory',
  async place(_context, limits) {
    const clock = engineClock();
    return { clock, open: async () => new MemoryOutbox({ ...limits, now: clock.now }) };
  },
};

const EMBEDDED: Engine<Place> = {
  name: 'embedded',
  async place(context, limits) {
    const clock = engineClock();
    const directory = outboxDirectory(context);
    return {
      clock,
      async open() {
        const outbox = await openLevelOutbox({ ...ROOMY, ...limits, now: clock.now, directory, log: awaitableLog() });
        context.after(() => outbox.close());
        return outbox;
      },
    };
  },
};

const SHARED_MEMORY: Engine<SharedPlace> = {
  name: 'shared memory',
  async place(_context, limits) {
    const clock = engineClock(async () => shared.tick());
    const shared = new SharedMemory({ ...limits, now: clock.now });
    const replicaOf = (outbox: Outbox) => outbox as MemoryReplica;
    let ghosts = 0;
    return {
      claimsRows: false,
      clock,
      open: async () => shared.replica(),
      async takeAway(lane) {
        ghosts += 1;
        shared.take(lane, ghosts);
        return async () => {
          shared.lane(lane).owner = undefined;
        };
      },
      async interrupt(lane) {
        const { owner } = shared.lane(lane);
        if (owner !== undefined) shared.take(lane, owner);
      },
      async cut(outbox) {
        replicaOf(outbox).isCut = true;
        replicaOf(outbox).validUntil = clock.now();
        shared.tick();
      },
      async heal(outbox) {
        replicaOf(outbox).isCut = false;
        shared.tick();
      },
      tick: async () => shared.tick(),
    };
  },
};

/** A lane is taken by a look in each 200 ms, from a replica whose session is gone for 700 ms. */
const MOMENT_MS = 50;

const POSTGRES: Engine<SharedPlace> = {
  name: 'postgres',
  async place(context, limits) {
    const schema = await migratedSchema(context);
    if (schema === undefined) return undefined;
    const setClock = async (at: EpochMs) => {
      await schema.run(
        `create or replace function outbox_now() returns timestamptz language sql volatile as 'select to_timestamp(${at / 1000}::float8)'`,
      );
    };
    const clock = engineClock(setClock);
    await setClock(clock.at);
    const proxies = new Map<Outbox, Awaited<ReturnType<typeof startPostgresProxy>>>();
    let ghosts = 0;
    return {
      claimsRows: true,
      clock,
      async open() {
        const proxy = await startPostgresProxy(schema.url);
        context.after(() => proxy.close());
        const { maxBytes, isShared, deadLetters, maxAgeMs, dedupeWindowMs } = { ...ROOMY, ...limits };
        const outbox = await openPostgresOutbox({
          ...{ url: new Secret(proxy.url), schema: schema.schema, leaseMs: 30_000, turnOf: (lane) => lane },
          ...{ maxBytes, isShared, deadLetters, maxAgeMs, dedupeWindowMs },
          ...{ now: clock.now, log: createLogger('silent') },
        });
        context.after(() => outbox.close());
        proxies.set(outbox, proxy);
        await untilOpen(outbox);
        return outbox;
      },
      async takeAway(lane) {
        ghosts += 1;
        const slot = 900 + ghosts;
        // Its lease is long, and its session counts as there for as long as its lock is held by this one.
        await schema.run(
          `insert into replica (id, slot, alive_until) values ('00000000-0000-0000-0000-00000000${slot + 1000}', ${slot}, now() + interval '1 h');
           update lane set owner = '00000000-0000-0000-0000-00000000${slot + 1000}', epoch = epoch + 1, claimed_to = null where name = '${lane}'`,
        );
        return async () => {
          await schema.run(
            `update lane set owner = null where name = '${lane}'; delete from replica where slot = ${slot}`,
          );
        };
      },
      async interrupt(lane) {
        await schema.run(`update lane set epoch = epoch + 1, claimed_to = null where name = '${lane}'`);
      },
      async cut(outbox) {
        proxies.get(outbox)?.refuse();
      },
      async heal(outbox) {
        proxies.get(outbox)?.resume();
      },
      tick: () => new Promise((resolve) => setTimeout(resolve, MOMENT_MS)),
    };
  },
};

/** Those that replicas share. */
export const SHARED: readonly Engine<SharedPlace>[] = [SHARED_MEMORY, POSTGRES];
const ALL: readonly Engine<Place>[] = [MEMORY, EMBEDDED, ...SHARED];

/** How a promise is tried. */
interface CheckOptions {
  readonly limits?: Partial<OutboxLimits>;
  /** Engines that do not promise it, and why. */
  readonly not?: Partial<Record<EngineName, string>>;
}

function checkOver<P extends Place>(
  engines: readonly Engine<P>[],
  run: (place: P) => Promise<void>,
  options: CheckOptions,
  title: string,
): void {
  for (const { name, place } of engines) {
    if (options.not?.[name] !== undefined) continue;
    test(`${name}: ${title}`, async (context) => {
      const made = await place(context, options.limits ?? {});
      if (made !== undefined) await run(made);
    });
  }
}

/** Tries one promise on a new empty outbox of each kind. */
export function checkOutbox(
  title: string,
  run: (outbox: Outbox, clock: EngineClock, place: Place) => Promise<void>,
  options: CheckOptions = {},
): void {
  checkOver(ALL, async (place) => run(await place.open(), place.clock, place), options, title);
}

/** Tries one promise on two replicas of a new empty outbox of each kind that is shared. */
export function checkReplicas(
  title: string,
  run: (one: Outbox, other: Outbox, place: SharedPlace) => Promise<void>,
  options: CheckOptions = {},
): void {
  checkOver(SHARED, async (place) => run(await place.open(), await place.open(), place), options, title);
}
