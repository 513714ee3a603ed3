// The budget of a console key that several replicas use: its calls are counted in the database, by the database's clock.
//
// What a replica has seen of a key is good until another one takes, ends or blocks something, which the number of changes tells. So a call is one statement that says which number it was counted by
// and from when the place is free by that; it comes to nothing where the number is another one by now. No lock is held while a process thinks.

import type { Logger } from '../../base/logger.js';
import { Mutex } from '../../base/mutex.js';
import { Ongoing } from '../../base/ongoing.js';
import type { EpochMs } from '../../base/time.js';
import type { Queries } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import {
  type BudgetOf,
  type CallLimit,
  CONSOLE_LIMITS,
  freeAt,
  keptBudgets,
  leftOf,
  longestWindow,
  type RateBudget,
} from './rate-budget.js';

/** What shared budgets are made of. */
export interface SharedBudgetOptions {
  readonly database: Queries;
  /** For pauses of this process. */
  readonly now: () => EpochMs;
  /** Milliseconds within which a call that has begun is over, the answer included. */
  readonly timeoutMs: number;
  readonly log: Logger;
  readonly limits?: readonly CallLimit[];
}

/** A call that was answered later than this is not made: its place would be free before it is over. */
const TAKEN_WITHIN_MS = 2_000;

/** What a timeout may be late by. */
const MARGIN_MS = 1_000;

/** Between two looks at a database that did not answer. */
const LOOK_AGAIN_MS = 1_000;

/** A number for people is not older, where the database answers. */
const FRESH_MS = 1_000;

/** Others can be in between so often; then no call is to be had for so long. */
const MOST_TRIES = 5;
const CROWDED_MS = 50;

/** Milliseconds since 1970 by the clock of the database. */
const NOW = 'extract(epoch from clock_timestamp())::float8 * 1000';

/** All but the rows that still count: keys that are not used any more leave nothing for long. */
const MEET = {
  name: 'budget_meet',
  text: `with old as (delete from console_call where began < ${NOW} - $2)
    insert into console_budget (key) values ($1) on conflict do nothing`,
};

const READ = {
  name: 'budget_read',
  text: `select b.changes::float8 as changes, b.blocked_until as blocked, ${NOW} as at, c.id::float8 as id, c.began, c.ended
    from console_budget b left join console_call c on c.key = b.key and c.change > $2 where b.key = $1`,
};

const TAKE = {
  name: 'budget_take',
  text: `with budget as (
      update console_budget set changes = changes + 1
      where key = $1 and changes = $2 and greatest(blocked_until, $3) <= ${NOW} returning key, changes
    )
    insert into console_call (key, began, change) select key, ${NOW}, changes from budget returning id::float8 as id, began`,
};

/** The place of calls that no one counts any more is used by later ones. */
const END = {
  name: 'budget_end',
  text: `with budget as (update console_budget set changes = changes + 1 where key = $1 returning key, changes),
    gone as (delete from console_call where key = $1 and id < $3)
    update console_call c set ended = ${NOW}, change = budget.changes from budget where c.key = budget.key and c.id = $2
    returning c.ended, c.change::float8 as changes`,
};

const BLOCK = {
  name: 'budget_block',
  text: `update console_budget set changes = changes + 1, blocked_until = greatest(blocked_until, ${NOW} + $2) where key = $1`,
};

interface Call {
  readonly began: EpochMs;
  readonly ended: EpochMs | null;
}

interface Read {
  readonly changes: number;
  readonly blocked: EpochMs;
  readonly at: EpochMs;
  readonly id: number | null;
  readonly began: EpochMs;
  readonly ended: EpochMs | null;
}

const PROBLEM = 'how many calls of the console key are left cannot be told: the database does not answer';

class SharedBudget implements RateBudget {
  readonly #key: string;
  readonly #options: Required<SharedBudgetOptions>;
  readonly #trouble: Ongoing;
  readonly #turns = new Mutex();
  /** Milliseconds from when a call was taken until it is over for sure, should its process say nothing more. */
  readonly #overMs: number;
  readonly #longestMs: number;
  /** Calls that count, by their id, as of this number of changes. -1: nothing is known. */
  #calls = new Map<number, Call>();
  #changes = -1;
  /** By the clock of the database. */
  #blocked: EpochMs = 0;
  /** What that clock is ahead of ours, at least. */
  #ahead = 0;
  #readAt: EpochMs = Number.NEGATIVE_INFINITY;
  /** By our clock. */
  #pausedUntil: EpochMs = 0;
  #problem: string | undefined;

  constructor(key: string, options: Required<SharedBudgetOptions>, trouble: Ongoing) {
    this.#key = key;
    this.#options = options;
    this.#trouble = trouble;
    this.#overMs = TAKEN_WITHIN_MS + options.timeoutMs + MARGIN_MS;
    this.#longestMs = longestWindow(options.limits);
  }

  readyAt(): EpochMs {
    return Math.max(this.#pausedUntil, Math.ceil(this.#freeAt() - this.#ahead));
  }

  left() {
    const { now, limits } = this.#options;
    if (now() - this.#readAt > FRESH_MS && this.#turns.isIdle) void this.#do(() => this.#read());
    return leftOf(limits, this.#ends(), now() + this.#ahead);
  }

  problem(): string | undefined {
    return this.#problem;
  }

  async take(): Promise<(() => void) | undefined> {
    const { now } = this.#options;
    if (this.#pausedUntil > now()) return undefined;
    const id = await this.#do(() => this.#take(now()));
    if (id === undefined) return undefined;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      void this.#do(() => this.#end(id));
    };
  }

  blockUntil(at: EpochMs): void {
    const { now } = this.#options;
    this.#pausedUntil = Math.max(this.#pausedUntil, at);
    const write = async () => {
      await this.#options.database.query(BLOCK, [this.#key, Math.max(0, at - now())]);
      return true;
    };
    const insist = async () => {
      // The others must not find out one by one.
      while (at > now() && !(await this.#do(write))) await pause(LOOK_AGAIN_MS);
    };
    void insist();
  }

  /** What calls, ordered by their end, leave free at which time of the database. */
  #freeAt(): EpochMs {
    return Math.max(this.#blocked, freeAt(this.#options.limits, this.#ends()));
  }

  #ends(): readonly EpochMs[] {
    return [...this.#calls.values()].map((call) => this.#endOf(call)).sort((a, b) => a - b);
  }

  #endOf({ began, ended }: Call): EpochMs {
    return ended ?? began + this.#overMs;
  }

  /** One after another. @returns `undefined` where the database does not do it */
  #do<T>(task: () => Promise<T>): Promise<T | undefined> {
    return this.#turns.run(async () => {
      try {
        const done = await task();
        this.#problem = undefined;
        this.#trouble.ends(this.#key);
        return done;
      } catch (error) {
        // What was done of it is not known.
        this.#changes = -1;
        this.#problem = PROBLEM;
        this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.now() + LOOK_AGAIN_MS);
        if (this.#trouble.begins(this.#key))
          this.#options.log.warn(
            { problem: toProblem(error) },
            'Calls of the Console API cannot be counted: none is made.',
          );
        return undefined;
      }
    });
  }

  async #take(askedAt: EpochMs): Promise<number | undefined> {
    const { database, now } = this.#options;
    if (this.#changes < 0) await this.#read();
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const free = this.#freeAt();
      const { rows } = await database.query<{ id: number; began: EpochMs }>(TAKE, [this.#key, this.#changes, free]);
      const [taken] = rows;
      if (taken === undefined) {
        await this.#read();
        if (this.readyAt() > now()) return undefined;
        continue;
      }
      this.#changes += 1;
      this.#calls.set(taken.id, { began: taken.began, ended: null });
      if (now() - askedAt <= TAKEN_WITHIN_MS) return taken.id;
      await this.#end(taken.id);
      return undefined;
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, now() + CROWDED_MS);
    return undefined;
  }

  async #end(id: number): Promise<void> {
    const at = this.#options.now() + this.#ahead;
    for (const [old, call] of this.#calls) if (this.#endOf(call) + this.#longestMs < at) this.#calls.delete(old);
    const oldest = Math.min(id, ...this.#calls.keys());
    const { rows } = await this.#options.database.query<{ ended: EpochMs; changes: number }>(END, [
      this.#key,
      id,
      oldest,
    ]);
    const [ended] = rows;
    const call = this.#calls.get(id);
    if (ended !== undefined && ended.changes === this.#changes + 1 && call !== undefined) {
      this.#changes += 1;
      this.#calls.set(id, { ...call, ended: ended.ended });
    }
  }

  /** Takes over what has changed since the last look. */
  async #read(): Promise<void> {
    const { database, now } = this.#options;
    const values = () => [this.#key, this.#changes];
    let { rows } = await database.query<Read>(READ, values());
    if (rows.length === 0) {
      await database.query(MEET, [this.#key, this.#overMs + this.#longestMs + LOOK_AGAIN_MS]);
      ({ rows } = await database.query<Read>(READ, values()));
    }
    const [first] = rows;
    if (first === undefined) throw new Error('the budget is not there');
    if (first.changes < this.#changes) {
      // The database is an earlier one.
      this.#changes = -1;
      this.#calls.clear();
      return this.#read();
    }
    if (this.#changes < 0) this.#calls.clear();
    for (const { id, began, ended } of rows) if (id !== null) this.#calls.set(id, { began, ended });
    this.#changes = first.changes;
    this.#blocked = first.blocked;
    this.#readAt = now();
    this.#ahead = first.at - this.#readAt;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Budgets of keys that all replicas share. A replica that ends during a call leaves it counted until it is over for sure. Where the database is gone no call is made. */
export function budgetsOfReplicas({ limits = CONSOLE_LIMITS, ...options }: SharedBudgetOptions): BudgetOf {
  const trouble = new Ongoing();
  return keptBudgets((id) => new SharedBudget(id, { ...options, limits }, trouble));
}
