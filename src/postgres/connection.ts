// Statements to PostgreSQL: each ends in time, connections and those who wait for one are bounded, and what fails says whether anything was stored.

import pg from 'pg';
import type { Logger } from '../base/logger.js';
import type { Secret } from '../base/secret.js';
import { shareRun } from '../base/shared-run.js';
import { ask, askCommitting } from './ask.js';
import { clientConfigOf } from './client-config.js';
import { DatabaseError, isCollision, toDatabaseError } from './database-error.js';
import { cutLater } from './end-connection.js';
import { type Migration, migrate } from './migrate.js';
import { MIGRATIONS } from './migrations/list.js';
import { prepareConnection } from './prepare-connection.js';
import { ReconnectPause } from './reconnect-pause.js';
import { openSession, type Session, type SessionSettings } from './session.js';
import { listenForCancelledWaits } from './standby-notices.js';
import { WaitingLine } from './waiting-line.js';

/** A statement that the server plans once for each connection. */
export interface Statement {
  /** Unique to the text. */
  readonly name: string;
  /** One command, with `$1` for values. Tables are looked for in the schema of the settings. */
  readonly text: string;
}

/** What a statement came to. */
export interface Answer<Row> {
  readonly rows: readonly Row[];
  /** Rows that were returned or changed. */
  readonly count: number;
}

/** Takes statements. */
export interface Queries {
  /**
   * @returns `bigint` columns come as text, `timestamptz` as `Date`
   * @throws DatabaseError
   */
  query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Answer<Row>>;
}

/** A database. */
export interface Postgres extends Queries {
  /**
   * Runs statements in one transaction, which is rolled back when one of them, or `work`, throws.
   *
   * @param work one statement at a time; may be run again, when another transaction was in the way
   * @returns what `work` returns, when it is committed
   * @throws DatabaseError; whatever `work` throws
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** A connection of its own beside the others, for what is held as long as it lasts. To be closed before the database is. */
  openSession(settings: SessionSettings): Session;
  /** Why there is no connection, as of the last time that one was tried; `undefined` where there is one, or none was needed yet. */
  problem(): DatabaseError | undefined;
  /** Waits for what is under way; later statements throw. */
  close(): Promise<void>;
}

/** Which database, and its bounds. */
export interface PostgresSettings {
  readonly url: Secret;
  /** Of the tables. */
  readonly schema: string;
  readonly maxConnections: number;
  /** Milliseconds until a statement or transaction has ended, with the wait for a connection. */
  readonly queryTimeoutMs: number;
  /** Milliseconds of a clock that no one sets. */
  readonly now?: () => number;
  readonly log: Logger;
  /** Default: all. */
  readonly migrations?: readonly Migration[];
}

/** Of the time of a statement, what may go by until there is a connection; then until the server gives up, and until no one listens to it any more. */
const CONNECT_PART = 0.3;
const SERVER_PART = 0.6;
const ANSWER_PART = 0.7;

/** For each connection. */
const MOST_WAITING = 16;

/** Attempts at what other transactions are in the way of. */
const ATTEMPTS = 5;

const IDLE_MS = 60_000;

/** The next statement of the connection would fail, too: the server is no primary any more, or plans and statements of it are no longer what they were. */
const OF_CONNECTION = new Set(['25006', '0A000', '26000', '42P05']);

/** With what its user knows of its time. */
interface Held {
  readonly client: pg.PoolClient;
  /** By `now`. */
  readonly endsAt: number;
}

/** What takes longer goes on. @throws DatabaseError */
function inTime(task: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new DatabaseError('MIGRATING', 'the tables are being made', 'not stored'));
    const timer = setTimeout(refuse, ms);
    task.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Nothing is asked yet: the first statement connects. @throws DatabaseError `URL_INVALID` */
export function openPostgres(settings: PostgresSettings): Postgres {
  const { schema, maxConnections, queryTimeoutMs, now = () => performance.now(), log } = settings;
  const reconnect = new ReconnectPause(now, log);
  let isClosed = false;
  const pool = new pg.Pool({
    ...clientConfigOf(settings.url),
    max: maxConnections,
    connectionTimeoutMillis: queryTimeoutMs * CONNECT_PART,
    query_timeout: queryTimeoutMs * ANSWER_PART,
    idleTimeoutMillis: IDLE_MS,
    onConnect: (client) =>
      prepareConnection(client, {
        schema,
        statementTimeoutMs: queryTimeoutMs * SERVER_PART,
        mostWaitingForStandby: maxConnections,
      }),
  });
  // One that no one uses has ended. The next statement makes another.
  pool.on('error', () => {});
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    reconnect.worked();
    listenForCancelledWaits(client);
  });
  pool.on('remove', (client) => void clients.delete(client));

  const closed = () => new DatabaseError('CLOSED', 'the outbox is closed', 'not stored');
  const line = new WaitingLine({
    most() {
      if (isClosed) return 0;
      if (reconnect.error === undefined) return maxConnections;
      // Where no connection can be made those there are serve all, and one at a time finds out.
      return reconnect.isOn ? made() : Math.min(made() + 1, maxConnections);
    },
    mostWaiting: maxConnections * MOST_WAITING,
    patienceMs: queryTimeoutMs * CONNECT_PART,
    refusal: () => (isClosed ? closed() : (reconnect.error ?? closed())),
  });

  let inUse = 0;
  /** Connections that are there. Others of the pool are being made. */
  const made = () => inUse + pool.idleCount;

  let isReady = false;
  const ready = shareRun(async () => {
    if (isReady) return;
    await migrate(settings, settings.migrations ?? MIGRATIONS);
    isReady = true;
  });

  async function connect(endsAt: number): Promise<pg.PoolClient> {
    if (reconnect.isOn && reconnect.error !== undefined && pool.idleCount === 0) throw reconnect.error;
    try {
      if (!isReady) await inTime(ready(), (endsAt - now()) * ANSWER_PART);
      const client = await pool.connect();
      inUse += 1;
      return client;
    } catch (error) {
      const told = toDatabaseError(error, false);
      reconnect.failed(told, made() > 0);
      throw told;
    }
  }

  /** Waits for a connection: where none can be made, for one that others use. To be released, and the place in the line given back. */
  async function take(endsAt: number): Promise<pg.PoolClient> {
    for (let attempt = 1; ; attempt += 1) {
      await line.enter();
      try {
        return await connect(endsAt);
      } catch (error) {
        line.leave();
        if (made() === 0 || attempt === ATTEMPTS) throw error;
      }
    }
  }

  const restMs = ({ endsAt }: Held) => Math.min(queryTimeoutMs * ANSWER_PART, endsAt - now());

  /** Runs something with a connection, which is thrown away where the next one could not use it. */
  async function hold<T>(endsAt: number, work: (held: Held) => Promise<T>): Promise<T> {
    const client = await take(endsAt);
    try {
      let isUsable = false;
      // `pg` tells the statement that is under way, too.
      const onError = () => {};
      client.on('error', onError);
      try {
        const result = await work({ client, endsAt });
        isUsable = true;
        return result;
      } catch (error) {
        isUsable = !(error instanceof DatabaseError) || (error.isAnswered && !OF_CONNECTION.has(error.code));
        throw error;
      } finally {
        client.off('error', onError);
        inUse -= 1;
        client.release(!isUsable || client.getTransactionStatus() !== 'I');
      }
    } finally {
      line.leave();
    }
  }

  /** Does it again where it collides with another transaction. */
  async function insist<T>(work: (held: Held) => Promise<T>): Promise<T> {
    const endsAt = now() + queryTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await hold(endsAt, work);
      } catch (error) {
        if (attempt === ATTEMPTS || !isCollision(error)) throw error;
      }
    }
  }

  const answerOf = <Row extends object>({ rows, rowCount }: pg.QueryResult<Row>): Answer<Row> => ({
    rows,
    count: rowCount ?? 0,
  });

  /** What one that was begun is rolled back by, whatever became of it. */
  async function rollBack(held: Held): Promise<void> {
    try {
      await ask(held.client, { text: 'rollback' }, [], restMs(held));
    } catch {
      // The connection is thrown away: its state is no longer known.
    }
  }

  async function runTransaction<T>(held: Held, work: (queries: Queries) => Promise<T>): Promise<T> {
    const queries: Queries = {
      async query<Row extends object>(statement: Statement, values: readonly unknown[] = []) {
        try {
          return answerOf(await ask<Row>(held.client, statement, values, restMs(held)));
        } catch (error) {
          throw toDatabaseError(error, false);
        }
      },
    };
    try {
      await queries.query({ name: 'begin', text: 'begin' });
      const result = await work(queries);
      const { command } = await askCommitting(held.client, { text: 'commit' }, [], restMs(held));
      if (command === 'COMMIT') return result;
    } catch (error) {
      // Where the server is silent it would not hear this, either.
      if (!(error instanceof DatabaseError) || error.isAnswered) await rollBack(held);
      throw error;
    }
    throw new DatabaseError('ROLLED_BACK', 'a statement of the transaction had failed', 'not stored');
  }

  return {
    query: (statement, values = []) =>
      insist(async (held) => answerOf(await askCommitting(held.client, statement, values, restMs(held)))),
    transaction: (work) => insist((held) => runTransaction(held, work)),
    openSession: (session) => openSession({ ...settings, ...session, ready }),
    problem: () => (made() > 0 ? undefined : reconnect.error),
    async close() {
      if (isClosed) return;
      isClosed = true;
      line.look();
      await pool.end();
      for (const client of clients) cutLater(client);
    },
  };
}
