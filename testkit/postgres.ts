// PostgreSQL for tests: one server for a run of tests, a schema for each test.

import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createLogger } from '../src/base/logger.js';
import { Secret } from '../src/base/secret.js';
import { openPostgres, type Postgres, type PostgresSettings } from '../src/postgres/connection.js';
import { type PostgresCluster, postgresPrograms, startCluster } from './postgres-cluster.js';

/** What `run-tests` started for all files. */
export const TEST_POSTGRES_URL = 'TEST_POSTGRES_URL';

/** A schema that no other test uses. */
export interface TestSchema {
  readonly url: string;
  readonly schema: string;
}

/** Many test files share one. */
export const startSharedCluster = (): Promise<PostgresCluster> =>
  startCluster({ isDurable: false, settings: { max_connections: '400', shared_buffers: '64MB' } });

let own: Promise<PostgresCluster> | undefined;

/** The server of this run; a file of tests that is run alone starts one. */
async function serverUrl(): Promise<string> {
  const { [TEST_POSTGRES_URL]: given } = process.env;
  if (given !== undefined) return given;
  own ??= startSharedCluster();
  return (await own).url;
}

/** One statement, or several, by a connection of its own. */
export async function runSql<Row extends object>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Skips the test where no server is installed. @returns whether there is one */
export function needsPostgres(context: TestContext): boolean {
  const isThere = process.env[TEST_POSTGRES_URL] !== undefined || postgresPrograms() !== undefined;
  if (!isThere)
    context.skip('PostgreSQL is not installed (Debian: apt install postgresql; nothing of it has to be started)');
  return isThere;
}

/** A schema for the test, not made yet; it goes with the server. @returns `undefined` where no server is installed: the test is skipped */
export async function testSchema(context: TestContext): Promise<TestSchema | undefined> {
  if (!needsPostgres(context)) return undefined;
  return { url: await serverUrl(), schema: `test_${randomBytes(6).toString('hex')}` };
}

/** A server of the test's own, which may be stopped and misused. @returns `undefined` where none is installed: the test is skipped */
export async function testCluster(
  context: TestContext,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresCluster | undefined> {
  if (!needsPostgres(context)) return undefined;
  const cluster = await startCluster({ isDurable: false, settings });
  context.after(() => cluster.close());
  return cluster;
}

/** Opens it, and closes it behind the test. */
export function openTestPostgres(
  context: TestContext,
  { url, schema, ...others }: TestSchema & Partial<Omit<PostgresSettings, 'url' | 'schema'>>,
): Postgres {
  const postgres = openPostgres({
    ...{ maxConnections: 4, queryTimeoutMs: 5_000, log: createLogger('silent') },
    ...others,
    url: new Secret(url),
    schema,
  });
  context.after(() => postgres.close());
  return postgres;
}
