// Statements for tests of connections to PostgreSQL, and what is expected of those that fail.

import assert from 'node:assert/strict';
import type { Postgres, Statement } from '../src/postgres/connection.js';
import { DatabaseError } from '../src/postgres/database-error.js';
import type { Migration } from '../src/postgres/migrate.js';
import { until } from './until.js';

/** Of the longest statement of the tests, generously: the machine does other things. */
const IN_TIME_MS = 15_000;

/** One table. */
export const MIGRATIONS: readonly Migration[] = [{ name: 'make', sql: 'create table thing(id int primary key)' }];

/** Puts a row into it. */
export const insert = (id: number): readonly [Statement, readonly unknown[]] => [
  { name: 'insert', text: 'insert into thing(id) values ($1)' },
  [id],
];

/** @returns what it failed with, in time */
export async function failureOf(work: Promise<unknown>): Promise<DatabaseError> {
  const begin = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof DatabaseError, `it fails with what it is: ${String(error)}`);
  assert.ok(performance.now() - begin < IN_TIME_MS, 'in time');
  return error;
}

/** The pause after a failed connection is over soon. */
export async function worksAgain(postgres: Postgres): Promise<void> {
  const works = () =>
    postgres.query({ name: 'works', text: 'select count(*) from thing' }).then(
      () => true,
      () => false,
    );
  await until(works, 'it works again');
}
