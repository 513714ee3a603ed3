// This process among those that share the outbox: its row, its lease, and the session by which others see that it is there.
//
// The lease ends at a time, for a process that stands still. That a process is gone shows at once: the lock that its session holds is free then.

import { randomUUID } from 'node:crypto';
import type { Queries, Statement } from '../../postgres/connection.js';
import { DatabaseError } from '../../postgres/database-error.js';
import type { DatabaseClock } from './database-clock.js';

/** The first number of all advisory locks of a schema; the second is a slot, or one of those below. */
export const LOCKS = `hashtext('statsig-cdp ' || current_schema())`;

/** Whether no session holds a slot. The lock is a shared one, so that many may ask at the same time. */
export const isUnlocked = (slot: string) => `pg_try_advisory_xact_lock_shared(${LOCKS}, ${slot})`;

/** Slots count from 1. */
export const ACQUIRING = 0;
export const TIDYING = -1;

/** Milliseconds between two heartbeats at most, and how many there are in a lease at least. */
const HEARTBEAT_MS = 5_000;
const HEARTBEATS_PER_LEASE = 6;

/** Part of a lease by which two clocks may differ while it lasts. */
const CLOCK_PART = 0.02;

const NEVER = Number.NEGATIVE_INFINITY;

/** Slots that are tried. */
const MOST_SLOTS = 20;

/** `$1` id, `$2` lease in milliseconds, `$3` slots that are not to be tried again */
const ENROL: Statement = {
  name: 'replica_enrol',
  text: `insert into replica (id, slot, alive_until)
    select $1, min(n), clock_timestamp() + $2::float8 * interval '1 ms' from generate_series(1, 10000) n
    where n <> all ($3::int[]) and not exists (select from replica where slot = n and id <> $1)
    on conflict (id) do update set slot = excluded.slot, alive_until = excluded.alive_until
    returning slot, alive_until::text, outbox_now() as now`,
};

const LOCK: Statement = { name: 'replica_lock', text: `select pg_try_advisory_lock(${LOCKS}, $1) as locked` };

/** `$1` id, `$2` lease in milliseconds, `$3` until when it was alive by the heartbeat before: anything else is of a state that was restored */
const BEAT: Statement = {
  name: 'replica_beat',
  text: `update replica set alive_until = clock_timestamp() + $2::float8 * interval '1 ms' where id = $1 and alive_until = $3::timestamptz
    returning alive_until::text, outbox_now() as now`,
};

const LEAVE: Statement = { name: 'replica_leave', text: 'delete from replica where id = $1' };

interface Beaten {
  readonly alive_until: string;
  readonly now: Date;
}

/** This process as a replica. */
export class Replica {
  readonly #leaseMs: number;
  readonly #clock: DatabaseClock;
  #id = randomUUID();
  /** `NEVER`: nothing was ever held by this id. */
  #validUntil = NEVER;
  #beatAt = Number.NEGATIVE_INFINITY;
  /** As the database has it. */
  #aliveUntil = '-infinity';

  constructor(leaseMs: number, clock: DatabaseClock) {
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** Changes where it enrols after its lease has ended, and never else: what was held by the one before is not held by the next. */
  get id(): string {
    return this.#id;
  }

  /** Milliseconds until the lease ends. */
  get leftMs(): number {
    return Math.max(0, this.#validUntil - performance.now());
  }

  /** Milliseconds until the next heartbeat is due. */
  get restMs(): number {
    return this.#beatAt + Math.min(HEARTBEAT_MS, this.#leaseMs / HEARTBEATS_PER_LEASE) - performance.now();
  }

  /** Is there from now on, as the same replica where the lease goes on, or else as another. @param session no one else enrols by it or another one meanwhile @throws DatabaseError */
  async enrol(session: Queries): Promise<void> {
    if (this.leftMs === 0 && this.#validUntil !== NEVER) {
      this.#id = randomUUID();
      this.#validUntil = NEVER;
    }
    const askedAt = performance.now();
    const refused: number[] = [];
    while (refused.length < MOST_SLOTS) {
      const slot = await this.#takeSlot(session, refused);
      if (slot === undefined) {
        refused.push(0);
        continue;
      }
      const { rows } = await session.query<{ readonly locked: boolean }>(LOCK, [slot]);
      if (rows[0]?.locked === true) {
        this.#renewed(askedAt);
        return;
      }
      // Locked by a session whose end the server has not noticed yet.
      refused.push(slot);
    }
    throw new DatabaseError('NO_SLOT', 'no number is free for one more replica', 'not stored');
  }

  /** @returns `undefined` where another one took it in the same moment */
  async #takeSlot(session: Queries, refused: readonly number[]): Promise<number | undefined> {
    try {
      const { rows } = await session.query<Beaten & { readonly slot: number }>(ENROL, [
        ...[this.#id, this.#leaseMs, refused],
      ]);
      if (rows[0] !== undefined) this.#heard(rows[0]);
      return rows[0]?.slot;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === '23505') return undefined;
      throw error;
    }
  }

  /** The next heartbeat is due now: something is wrong with what the database holds. */
  beatSoon(): void {
    this.#beatAt = Number.NEGATIVE_INFINITY;
  }

  /** @returns false where the row of this replica is gone, or is an older one: nothing is held any more, and nothing that was read is known to be there @throws DatabaseError */
  async beat(session: Queries): Promise<boolean> {
    const askedAt = performance.now();
    const { rows } = await session.query<Beaten>(BEAT, [this.#id, this.#leaseMs, this.#aliveUntil]);
    if (rows[0] === undefined) return false;
    this.#heard(rows[0]);
    this.#renewed(askedAt);
    return true;
  }

  /** Leaves, so that others need not wait for anything. @throws DatabaseError */
  async leave(session: Queries): Promise<void> {
    this.#validUntil = NEVER;
    await session.query(LEAVE, [this.#id]);
  }

  #heard({ now, alive_until }: Beaten): void {
    this.#clock.heard(now);
    this.#aliveUntil = alive_until;
  }

  #renewed(askedAt: number): void {
    this.#beatAt = askedAt;
    this.#validUntil = askedAt + this.#leaseMs * (1 - CLOCK_PART);
  }
}
