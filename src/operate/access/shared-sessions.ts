// What replicas must know together of sessions of the console: which were ended before their time, and which links were not used yet.

import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from '../../base/logger.js';
import { Ongoing } from '../../base/ongoing.js';
import type { EpochMs } from '../../base/time.js';
import type { Postgres, Queries } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import { orUnavailable } from '../../postgres/unavailable.js';
import { type EndedMemory, MAX_ENDED } from './ended-sessions.js';
import { LINK_LASTS_MS, type LinkBook, MAX_LINKS } from './links.js';
import { LASTS_MS, type Session } from './sessions.js';
import type { Role } from './shapes.js';

/** What clocks of two replicas may be apart. */
const APART_MS = 300_000;

const HAS = {
  name: 'session_has',
  text: `select exists (select from console_session_ended where id = $1)
    or exists (select from console_sessions_ended where role = $2 and until >= $3) as ended`,
};

const UNTIL = {
  name: 'session_until',
  text: 'select until::float8 as until from console_sessions_ended where role = $1',
};

const END = {
  name: 'session_end',
  text: `with over as (delete from console_session_ended where expires_at < $4)
    insert into console_session_ended (id, role, expires_at) values ($1, $2, $3) on conflict (id) do nothing`,
};

const COUNT = {
  name: 'session_count',
  text: 'select count(*)::int as count from console_session_ended where role = $1',
};

const END_ALL = {
  name: 'session_end_all',
  text: `with gone as (delete from console_session_ended where role = $1)
    insert into console_sessions_ended (role, until) values ($1, $2)
    on conflict (role) do update set until = greatest(excluded.until, console_sessions_ended.until + 1)`,
};

/** What it works with. */
export interface SharedEndedDeps {
  readonly database: Postgres;
  /** In ms since 1970. */
  readonly now: () => EpochMs;
  readonly log: Logger;
  readonly max?: number;
}

/**
 * The ended sessions of all replicas. Each role has a memory of its own; where one is full, every session of the role that has begun until now is ended: none is forgotten.
 *
 * Operators need the console most while the database is in trouble: then a session is ended where this replica knows it, and what it ends is written down when that can be.
 */
export function createSharedEnded({ database, now, log, max = MAX_ENDED }: SharedEndedDeps): EndedMemory {
  const trouble = new Ongoing();
  /** Ended here, or found to be, until it would be over by itself. */
  const known = new Map<string, EpochMs>();
  /** Not written down yet. */
  const unkept = new Map<string, Session>();

  function note({ id, expiresAt }: Session): void {
    if (known.size >= max) for (const [old, at] of known) if (at <= now()) known.delete(old);
    known.set(id, expiresAt);
  }

  async function keep({ id, role, expiresAt }: Session): Promise<void> {
    await database.transaction(async (queries: Queries) => {
      await queries.query(END, [id, role, expiresAt, now() - APART_MS]);
      const { rows } = await queries.query<{ count: number }>(COUNT, [role]);
      if ((rows[0]?.count ?? 0) > max) await queries.query(END_ALL, [role, now() + LASTS_MS + APART_MS]);
    });
  }

  /** @returns `undefined` where the database does not do it */
  async function ask<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      for (const session of unkept.values()) {
        await keep(session);
        unkept.delete(session.id);
      }
      const done = await task();
      trouble.ends();
      return done;
    } catch (error) {
      if (trouble.begins())
        log.warn(
          { problem: toProblem(error) },
          'Ended sessions cannot be shared: on other replicas a copy of their cookies works until they are.',
        );
      return undefined;
    }
  }

  return {
    async has(session) {
      if (known.has(session.id)) return true;
      const { role, id, expiresAt } = session;
      const found = await ask(() => database.query<{ ended: boolean }>(HAS, [id, role, expiresAt]));
      const isEnded = found?.rows[0]?.ended === true;
      if (isEnded) note(session);
      return isEnded;
    },
    async end(session) {
      note(session);
      unkept.set(session.id, session);
      await ask(async () => {});
    },
    async expiryFor(role) {
      const found = await ask(() => database.query<{ until: number }>(UNTIL, [role]));
      return Math.max(now() + LASTS_MS, (found?.rows[0]?.until ?? 0) + 1);
    },
  };
}

/** By the clock of the database. */
const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const MAKE_LINK = {
  name: 'link_make',
  text: `with over as (
      delete from console_link where expires_at <= ${NOW}
        or code in (select code from console_link order by expires_at desc offset $4)
    )
    insert into console_link (code, role, expires_at) values ($1, $2, ${NOW} + $3) returning expires_at::float8 as "expiresAt"`,
};

const TAKE_LINK = {
  name: 'link_take',
  text: `delete from console_link where code = $1 returning role, expires_at > ${NOW} as valid`,
};

/** A code is too long to be guessed, so that its hash tells nothing. */
const digestOf = (code: string) => createHash('sha256').update(code).digest('base64url');

/** The links of all replicas: whichever one a browser comes to, a link works there, once. */
export function createSharedLinks(database: Queries): LinkBook {
  return {
    make: (role) =>
      orUnavailable(async () => {
        const code = randomBytes(24).toString('base64url');
        const { rows } = await database.query<{ expiresAt: EpochMs }>(MAKE_LINK, [
          digestOf(code),
          role,
          LINK_LASTS_MS,
          MAX_LINKS - 1,
        ]);
        return { code, role, expiresAt: rows[0]?.expiresAt ?? 0 };
      }),
    take: (code) =>
      orUnavailable(async () => {
        const { rows } = await database.query<{ role: Role; valid: boolean }>(TAKE_LINK, [digestOf(code)]);
        return rows[0]?.valid === true ? rows[0].role : undefined;
      }),
  };
}
