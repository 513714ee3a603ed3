// One connection that is there all the time: what the server holds for it, such as locks, ends when it does. It comes back by itself.

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Mutex } from '../base/mutex.js';
import { askCommitting } from './ask.js';
import { clientConfigOf } from './client-config.js';
import type { Answer, PostgresSettings, Queries, Statement } from './connection.js';
import { DatabaseError, toDatabaseError } from './database-error.js';
import { endConnection } from './end-connection.js';
import { prepareConnection } from './prepare-connection.js';
import { ReconnectPause } from './reconnect-pause.js';

/** What the session is for. */
export interface SessionSettings {
  /** Told each time that it was opened, before anyone else asks: takes its locks. Where it throws, the session is opened anew. */
  begin(queries: Queries): Promise<void>;
  /** Told once for each time that it was open and is no more: what it held is another's from now on. */
  lost(error: DatabaseError): void;
}

/** The connection. One statement at a time: others wait. Commits do not wait for a standby: what must outlive the primary is for others. */
export interface Session extends Queries {
  /** It has begun, and was not lost. */
  readonly isOpen: boolean;
  /** Ends the connection, which is not told as lost. */
  close(): Promise<void>;
}

interface Settings extends Pick<PostgresSettings, 'url' | 'schema' | 'queryTimeoutMs' | 'now'>, SessionSettings {
  /** Resolves when the tables are there. */
  ready(): Promise<void>;
}

/** A connection, and how to give it up. */
interface Current {
  readonly client: pg.Client;
  giveUp(error: DatabaseError): void;
}

/** The server looks whether this process is there: after so many seconds of silence, so often, so many times. A machine that is gone is noticed in 11 seconds. */
const SERVER_KEEPALIVES = `select set_config('tcp_keepalives_idle', '5', false),
  set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)`;

/** Of the time of a statement, when the server gives it up. */
const SERVER_PART = 0.8;

/** Opens it and keeps it open. */
export function openSession(settings: Settings): Session {
  const { schema, queryTimeoutMs, now = () => performance.now() } = settings;
  const config = {
    ...clientConfigOf(settings.url),
    connectionTimeoutMillis: queryTimeoutMs,
    query_timeout: queryTimeoutMs,
  };
  const reconnect = new ReconnectPause(now);
  const turns = new Mutex();
  const closing = new AbortController();
  let open: Current | undefined;

  async function queryBy<Row extends object>(
    { client, giveUp }: Current,
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Answer<Row>> {
    try {
      const { rows, rowCount } = await askCommitting<Row>(client, statement, values, queryTimeoutMs);
      return { rows, count: rowCount ?? 0 };
    } catch (error) {
      const told = toDatabaseError(error, true);
      if (!told.isAnswered) giveUp(told);
      throw told;
    }
  }

  async function start(current: Current): Promise<void> {
    const { client } = current;
    await client.connect();
    const statementTimeoutMs = queryTimeoutMs * SERVER_PART;
    await prepareConnection(client, { schema, statementTimeoutMs, mostWaitingForStandby: undefined });
    await client.query(SERVER_KEEPALIVES);
    await settings.begin({ query: (statement, values) => queryBy(current, statement, values) });
  }

  /** Lives through one connection. @throws always: why it ended */
  async function live(): Promise<never> {
    const client = new pg.Client(config);
    let giveUp: (error: unknown) => void = () => {};
    const ended = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    client.on('error', giveUp);
    client.on('end', () => giveUp(new DatabaseError('ENDED', 'the connection ended', 'not stored')));
    closing.signal.addEventListener('abort', giveUp, { once: true });
    const current = { client, giveUp };
    try {
      await Promise.race([ended, start(current)]);
      open = current;
      reconnect.worked();
      return await ended;
    } finally {
      closing.signal.removeEventListener('abort', giveUp);
      endConnection(client);
    }
  }

  async function keepOpen(): Promise<void> {
    const { signal } = closing;
    while (!signal.aborted) {
      try {
        await settings.ready();
        if (!signal.aborted) await live();
      } catch (error) {
        const told = toDatabaseError(error, false);
        reconnect.failed(told);
        const wasOpen = open !== undefined;
        open = undefined;
        if (wasOpen && !signal.aborted) settings.lost(told);
      }
      await pause(reconnect.restMs, undefined, { signal }).catch(() => {});
    }
  }

  const end = keepOpen();
  return {
    get isOpen() {
      return open !== undefined;
    },
    query: (statement, values) =>
      turns.run(async () => {
        if (open === undefined)
          throw reconnect.error ?? new DatabaseError('CLOSED', 'no session is open', 'not stored');
        return queryBy(open, statement, values);
      }),
    async close() {
      closing.abort();
      // What is not open may wait for a server for long.
      if (open !== undefined) await end;
    },
  };
}
