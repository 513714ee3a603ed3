// A schema that several replicas use, each with connections of its own.

import type { TestContext } from 'node:test';
import type { Postgres } from '../src/postgres/connection.js';
import { openTestPostgres, runSql, type TestSchema, testSchema } from './postgres.js';

/** A schema whose tables are there. */
export interface MigratedSchema extends TestSchema {
  /** Connections of one replica, closed behind the test. */
  connect(context: TestContext): Postgres;
  /** Runs a statement beside all replicas. */
  run<Row extends object>(sql: string): Promise<readonly Row[]>;
}

/** @returns `undefined` where no server is installed: the test is skipped */
export async function migratedSchema(context: TestContext): Promise<MigratedSchema | undefined> {
  const made = await testSchema(context);
  if (made === undefined) return undefined;
  const { url, schema } = made;
  await openTestPostgres(context, made).query({ name: 'first', text: 'select 1' });
  const inSchema = `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent(`-csearch_path=${schema}`)}`;
  return {
    ...made,
    connect: (of) => openTestPostgres(of, made),
    run: (sql) => runSql(inSchema, sql),
  };
}
