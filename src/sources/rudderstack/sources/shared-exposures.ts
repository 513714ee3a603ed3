// Where replicas tell each other which exposures of RudderStack's sources passed.
//
// A webhook is answered by what this replica knows: no answer waits for the database, and none depends on it. What passes here is written in batches, and what passed elsewhere is read with them,
// so that an equal exposure passes once for each replica within the time of one look, and then not any more.

import type { Logger } from '../../../base/logger.js';
import { Ongoing } from '../../../base/ongoing.js';
import type { EpochMs } from '../../../base/time.js';
import type { Queries } from '../../../postgres/connection.js';
import { toProblem } from '../../../postgres/database-error.js';
import type { ExposureExchange, SaidExposure } from './exposure-window.js';

/** From the end of a look until the next one. */
const LOOK_MS = 500;

/** Exposures in one statement. */
const PAGE = 5_000;

/** Exposures that wait for the database: beyond it none is told to others. */
const MAX_WAITING = 50_000;

/** Changes that are kept for replicas that start. Each holds as many exposures in memory. */
const MAX_KEPT = 1_000_000;

/** Looks between two that take away what is over. */
const SWEEP_EVERY = 120;

const NOW = 'extract(epoch from clock_timestamp())::float8 * 1000';

/** The order of keys keeps two replicas from waiting for each other. What says so already is left alone, or replicas would tell each other the same for ever. */
const TELL = {
  name: 'exposure_tell',
  text: `insert into source_exposure (key, share, said, ends_at)
    select key, share, said, ${NOW} + rest from unnest($1::text[], $2::text[], $3::bigint[], $4::float8[]) as e (key, share, said, rest) order by key
    on conflict (key) do update set share = excluded.share, said = excluded.said, ends_at = excluded.ends_at,
      change = nextval('source_exposure_change')
    where source_exposure.ends_at < excluded.ends_at`,
};

const LEARN = {
  name: 'exposure_learn',
  text: `select key, share, said::float8 as said, ends_at - ${NOW} as rest, change::float8 as change from source_exposure
    where change > $1 order by change limit $2`,
};

const SWEEP = {
  name: 'exposure_sweep',
  text: `delete from source_exposure where ends_at < ${NOW} or change <= (select max(change) - $1 from source_exposure)`,
};

interface Row {
  readonly key: string;
  readonly share: string;
  readonly said: number;
  /** Milliseconds that its window goes on. */
  readonly rest: number;
  readonly change: number;
}

/** What an exchange is made of. */
export interface SharedExposuresDeps {
  readonly database: Queries;
  /** Of the windows. */
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/** Where the database does not answer each replica has windows of its own. */
export function createSharedExposures({
  database,
  now,
  log,
}: SharedExposuresDeps): ExposureExchange & { close(): Promise<void> } {
  const trouble = new Ongoing();
  /** By key: of two that wait the later one. */
  const waiting = new Map<string, SaidExposure>();
  let learnHere: (exposure: SaidExposure) => void = () => {};
  let seen = 0;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function tell(): Promise<void> {
    while (waiting.size > 0) {
      const page = [...waiting.values()].slice(0, PAGE);
      await database.query(TELL, [
        page.map(({ key }) => Buffer.from(key, 'latin1').toString('base64url')),
        page.map(({ share }) => share),
        page.map(({ said }) => said),
        page.map(({ until }) => until - now()),
      ]);
      for (const exposure of page) if (waiting.get(exposure.key) === exposure) waiting.delete(exposure.key);
    }
  }

  async function learn(): Promise<void> {
    for (;;) {
      const { rows } = await database.query<Row>(LEARN, [seen, PAGE]);
      for (const { key, share, said, rest } of rows)
        learnHere({ share, key: Buffer.from(key, 'base64url').toString('latin1'), said, until: now() + rest });
      seen = rows.at(-1)?.change ?? seen;
      if (rows.length < PAGE) return;
    }
  }

  async function look(): Promise<void> {
    try {
      await tell();
      await learn();
      looks += 1;
      if (looks % SWEEP_EVERY === 0) await database.query(SWEEP, [MAX_KEPT]);
      trouble.ends();
    } catch (error) {
      if (waiting.size > 0 && trouble.begins())
        log.warn(
          { problem: toProblem(error) },
          'Exposures that passed are not told to other replicas: an equal one passes once for each.',
        );
    }
  }

  function goOn(): void {
    timer = setTimeout(() => {
      looking = look().then(() => {
        if (!isClosed) goOn();
      });
    }, LOOK_MS).unref();
  }

  return {
    join(learnThere) {
      learnHere = learnThere;
      goOn();
      return (exposure) => {
        if (waiting.size < MAX_WAITING) waiting.set(exposure.key, exposure);
      };
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
