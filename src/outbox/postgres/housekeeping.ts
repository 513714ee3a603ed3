// What is done beside the work, by one replica at a time: what is remembered of messages is let go in time, and so are replicas that are gone, signals that were read, and dead letters
// that are too old or too many.

import type { Logger } from '../../base/logger.js';
import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { DroppedDeadLetters, OutboxUsage } from '../outbox.js';
import { turnGenerations } from './generations.js';
import { isUnlocked, LOCKS, TIDYING } from './replica.js';
import { SIGNAL_SECONDS } from './signals.js';

/** Milliseconds between two rounds. */
const TIDY_MS = 20_000;

/** Dead letters that are dropped in one step. */
const MOST_LETTERS = 1_000;

/** Rounds of steps, so that no round lasts for long. */
const MOST_STEPS = 20;

/** Above this part of the limit it is said. */
const WARN_PART = 0.8;

const TRY: Statement = {
  name: 'tidy_try',
  text: `select pg_try_advisory_xact_lock(${LOCKS}, ${TIDYING}) as got`,
};

/** A replica that is gone for long; its lanes are others', or will be. */
const REPLICAS: Statement = {
  name: 'tidy_replicas',
  text: `delete from replica where alive_until < clock_timestamp() - interval '1 minute' and ${isUnlocked('slot')}`,
};

const SIGNALS: Statement = {
  name: 'tidy_signals',
  text: `delete from signal where at < clock_timestamp() - interval '${2 * SIGNAL_SECONDS} s'`,
};

const counting = (chosen: string) => `with chosen as (${chosen}), gone as (
    delete from dead_letter d using chosen c where d.id = c.id returning d.lane, d.bytes
  ), counted as (
    update lane l set dead_letters = l.dead_letters - g.letters, dead_letter_bytes = l.dead_letter_bytes - g.bytes
    from (select lane, count(*)::int as letters, sum(bytes) as bytes from gone group by lane) g where l.id = g.lane returning l.name, g.letters, g.bytes
  ) select name, letters, bytes::text from counted`;

/** `$1` died before */
const OLD: Statement = {
  name: 'tidy_old',
  text: counting(`select id from dead_letter where died_at < $1 order by died_at limit ${MOST_LETTERS}`),
};

/** The oldest of the largest lane of the workspace that has most. `$1` bytes that are too many */
const MANY: Statement = {
  name: 'tidy_many',
  text: counting(`select id from (
      select id, sum(bytes) over (order by died_at, id) - bytes as before from (
        select id, died_at, bytes from dead_letter where lane = (
          select id from lane where dead_letters > 0 and workspace = (
            select workspace from lane where dead_letters > 0 group by workspace order by sum(dead_letter_bytes) desc limit 1
          ) order by dead_letter_bytes desc limit 1
        ) order by died_at, id limit ${MOST_LETTERS}
      ) oldest
    ) summed where before < $1`),
};

const NOW: Statement = { name: 'tidy_now', text: 'select outbox_now() as now' };

/** Tables, indexes and all of the schema. */
const SIZE: Statement = {
  name: 'size',
  text: `select sum(pg_total_relation_size(c.oid))::text as bytes from pg_class c
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace`,
};

interface DroppedRow {
  readonly name: LaneId;
  readonly letters: number;
  readonly bytes: string;
}

/** How many dead letters may be kept, and for how long. */
export interface HousekeepingLimits {
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly maxAgeMs: number;
}

/** What it works with. */
export interface HousekeepingSettings {
  readonly database: Postgres;
  readonly limits: HousekeepingLimits;
  readonly log: Logger;
}

/** Tidies now and then. */
export class Housekeeping {
  readonly #settings: HousekeepingSettings;
  #tidiedAt = Number.NEGATIVE_INFINITY;
  #tidying: Promise<void> | undefined;
  #diskBytes: number | undefined;
  #isWarned = false;
  readonly #dropped = { age: 0, bytes: 0 };

  constructor(settings: HousekeepingSettings) {
    this.#settings = settings;
  }

  /** @param deadLetterBytes as last known */
  usage(deadLetterBytes: number | undefined): OutboxUsage {
    const droppedDeadLetters: DroppedDeadLetters = { ...this.#dropped };
    return { diskBytes: this.#diskBytes, deadLetterBytes, droppedDeadLetters };
  }

  /** Does what is due, at once where there are too many dead letters. Does not throw. */
  async tidy(deadLetterBytes: number): Promise<void> {
    const { limits, log } = this.#settings;
    const isNearFull = deadLetterBytes > limits.maxBytes * WARN_PART;
    if (isNearFull && !this.#isWarned)
      log.warn({ deadLetterBytes, maxBytes: limits.maxBytes }, 'Dead letters take most of the room they may take');
    this.#isWarned = isNearFull;
    const isDue = performance.now() - this.#tidiedAt >= TIDY_MS;
    if (!isDue && deadLetterBytes <= limits.maxBytes) return;
    if (isDue) this.#tidiedAt = performance.now();
    this.#tidying = this.#tidyOnce(isDue, deadLetterBytes - limits.maxBytes);
    await this.#tidying;
  }

  async close(): Promise<void> {
    await this.#tidying;
  }

  async #tidyOnce(isDue: boolean, tooManyBytes: number): Promise<void> {
    const { database, limits, log } = this.#settings;
    try {
      if (isDue) {
        await this.#turnGenerations();
        await this.#alone((queries) => queries.query(REPLICAS));
        await database.query(SIGNALS);
        const { rows } = await database.query<{ readonly bytes: string | null }>(SIZE);
        this.#diskBytes = Number(rows[0]?.bytes ?? 0);
        await this.#drop('age', async (queries) => {
          const { rows: now } = await queries.query<{ readonly now: Date }>(NOW);
          return queries.query<DroppedRow>(OLD, [(now[0]?.now.getTime() ?? 0) - limits.maxAgeMs]);
        });
      }
      let left = tooManyBytes;
      if (left > 0)
        await this.#drop('bytes', async (queries) => {
          if (left <= 0) return { rows: [], count: 0 };
          const dropped = await queries.query<DroppedRow>(MANY, [left]);
          left -= dropped.rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
          return dropped;
        });
    } catch (error) {
      log.debug({ problem: toProblem(error) }, 'Tidying the outbox failed');
    }
  }

  /** Appends that are under way may put it off. */
  async #turnGenerations(): Promise<void> {
    const { database, log } = this.#settings;
    try {
      await turnGenerations(database);
    } catch (error) {
      log.debug({ problem: toProblem(error) }, 'What is remembered of messages is let go later');
    }
  }

  /** Only one replica does it; the others need not. @throws DatabaseError */
  async #alone<T>(work: (queries: Queries) => Promise<T>): Promise<T | undefined> {
    return this.#settings.database.transaction(async (queries) => {
      const { rows } = await queries.query<{ readonly got: boolean }>(TRY);
      return rows[0]?.got === true ? work(queries) : undefined;
    });
  }

  async #drop(
    reason: keyof DroppedDeadLetters,
    step: (queries: Queries) => Promise<{ readonly rows: readonly DroppedRow[]; readonly count: number }>,
  ): Promise<void> {
    const { log } = this.#settings;
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const dropped = await this.#alone(step);
      if (dropped === undefined || dropped.count === 0) return;
      for (const { name, letters } of dropped.rows) {
        this.#dropped[reason] += letters;
        const why = reason === 'age' ? 'they are too old' : 'they take too much room';
        log.warn({ ...partsOfLane(name), dropped: letters, reason }, `Dead letters were dropped: ${why}.`);
      }
    }
  }
}
