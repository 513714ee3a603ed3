// Speaks to PostgreSQL through the command line program psql.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Where PostgreSQL is and who we are there. */
export interface Postgres {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  /** The database that is there already, from which others are created. */
  readonly database: string;
  readonly sslMode: string;
}

/**
 * Reads `postgres://user:password@host:port/database`; the database defaults to `postgres`, `?sslmode=` to `disable`.
 *
 * @throws Error that does not repeat the URL, which holds a password
 */
export function readPostgresUrl(text: string): Postgres {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '' || url.username === '')
    throw new Error('not of the form postgres://user:password@host:port.');
  return {
    host: url.hostname,
    port: url.port === '' ? '5432' : url.port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : 'postgres',
    sslMode: url.searchParams.get('sslmode') ?? 'disable',
  };
}

/**
 * Runs SQL in a database of the server.
 *
 * @returns what psql printed: values only, one row per line
 * @throws Error with psql's own words
 */
export async function runSql(postgres: Postgres, database: string, sql: string): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    PGHOST: postgres.host,
    PGPORT: postgres.port,
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
    PGSSLMODE: postgres.sslMode,
    PGDATABASE: database,
    PGCONNECT_TIMEOUT: '10',
  };
  const args = ['-w', '-AtqX', '-v', 'ON_ERROR_STOP=1', '-c', sql];
  // In a process group of its own: a Ctrl-C must not end it half-way through creating or dropping a database.
  const psql = spawn('psql', args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const [output, complaint, [code]] = await Promise.all([text(psql.stdout), text(psql.stderr), once(psql, 'close')]);
    if (code !== 0) throw new Error(complaint.trim());
    return output.trim();
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw absent ? new Error('the program psql is not on the PATH.') : error;
  }
}

/** Creates an empty database. The name is ours and needs no quoting. */
export async function createDatabase(postgres: Postgres, name: string): Promise<void> {
  await runSql(postgres, postgres.database, `CREATE DATABASE ${name}`);
}

/** Drops a database, with whatever is still connected to it. */
export async function dropDatabase(postgres: Postgres, name: string): Promise<void> {
  const disconnect = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${name}'`;
  await runSql(postgres, postgres.database, disconnect);
  await runSql(postgres, postgres.database, `DROP DATABASE IF EXISTS ${name}`);
}
