// Makes the tables, and changes those of earlier versions. Forward only; what an earlier version of the program does beside it goes on.

import pg from 'pg';
import type { Secret } from '../base/secret.js';
import { clientConfigOf } from './client-config.js';
import { DatabaseError, toDatabaseError } from './database-error.js';
import { endConnection } from './end-connection.js';
import { refusePooler } from './pooler.js';
import { prepareConnection } from './prepare-connection.js';

/** A change of the tables. Its number is its place in the list, from 1. */
export interface Migration {
  /** For people. */
  readonly name: string;
  /** Statements, run in one transaction. Tables are made in the schema of the settings. */
  readonly sql: string;
  /** The number of the oldest version of the tables whose programs still work with what this makes. Default: 1, all do. */
  readonly worksWith?: number;
}

/** Where to. */
export interface MigrateSettings {
  readonly url: Secret;
  readonly schema: string;
  readonly queryTimeoutMs: number;
}

/** One migration has so long: the server gives it up, and nothing of it stays. */
const MIGRATION_MS = 60_000;
const ANSWER_MS = 65_000;

/** A change of a table that is in use waits for who uses it, and all others wait behind: not for long. It is tried again. */
const LOCK_MS = 2_000;

/** Of the advisory lock, beside the hash of the schema. */
const LOCK_CLASS = 0x5cd8;

const VERSION_TABLE = `create table if not exists schema_version (
  version int primary key,
  name text not null,
  works_with int not null,
  made_at timestamptz not null default now()
)`;

const refuse = (code: string, text: string) => new DatabaseError(code, text, 'not stored');

/** @returns whether it is there @throws DatabaseError `RIGHTS` where it cannot be used or made */
async function isThereOrCanBe(client: pg.Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{
    there: boolean;
    mayUse: boolean;
    mayMake: boolean;
    role: string;
    database: string;
  }>(
    `select current_user as role, current_database() as database, n.oid is not null as there,
      coalesce(has_schema_privilege(n.oid, 'create') and has_schema_privilege(n.oid, 'usage'), false) as "mayUse",
      has_database_privilege(current_database(), 'create') as "mayMake"
    from (select $1::text as name) asked left join pg_namespace n on n.nspname = asked.name`,
    [schema],
  );
  const [row] = rows;
  if (row === undefined) return true;
  const [role, name, database] = [row.role, schema, row.database].map(pg.escapeIdentifier);
  if (row.there && !row.mayUse) {
    throw refuse(
      'RIGHTS',
      `the role ${role} has no right to the schema ${name}. As an administrator of the database: GRANT ALL ON SCHEMA ${name} TO ${role}`,
    );
  }
  if (!row.there && !row.mayMake) {
    throw refuse(
      'RIGHTS',
      `the role ${role} may not make the schema ${name}. As an administrator of the database: CREATE SCHEMA ${name} AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${database} TO ${role}`,
    );
  }
  return row.there;
}

async function makeSchema(client: pg.Client, schema: string): Promise<void> {
  if (await isThereOrCanBe(client, schema)) return;
  await client.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`);
}

async function readVersion(client: pg.Client): Promise<{ version: number; worksWith: number }> {
  const { rows } = await client.query<{ version: number; worksWith: number }>(
    `select coalesce(max(version), 0) as version, coalesce(max(works_with), 0) as "worksWith" from schema_version`,
  );
  return rows[0] ?? { version: 0, worksWith: 0 };
}

/** One transaction. @returns false where there is none left */
async function step(client: pg.Client, schema: string, migrations: readonly Migration[]): Promise<boolean> {
  await client.query('begin');
  await client.query(`set local statement_timeout = ${MIGRATION_MS}`);
  // Replicas that start together: one makes the tables, the others find them made.
  await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, schema]);
  await client.query(`set local lock_timeout = ${LOCK_MS}`);
  await makeSchema(client, schema);
  await client.query(VERSION_TABLE);
  const { version } = await readVersion(client);
  const migration = migrations[version];
  if (migration !== undefined) {
    await client.query(migration.sql);
    await client.query('insert into schema_version (version, name, works_with) values ($1, $2, $3)', [
      version + 1,
      migration.name,
      migration.worksWith ?? 1,
    ]);
  }
  await client.query('commit');
  return version + 1 < migrations.length;
}

async function areThere(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('schema_version') is not null as there`);
  return rows[0]?.there === true;
}

/** Whether the tables can be used as they are. @throws DatabaseError `NEWER_FORMAT` */
async function isCurrent(client: pg.Client, migrations: readonly Migration[]): Promise<boolean> {
  if (!(await areThere(client))) return false;
  const { version, worksWith } = await readVersion(client);
  if (worksWith > migrations.length) {
    throw refuse(
      'NEWER_FORMAT',
      `a newer version has changed the tables (to ${version}, and this one knows ${migrations.length}): start that version again, or set OUTBOX_SCHEMA to another schema`,
    );
  }
  return version >= migrations.length;
}

/** @throws DatabaseError */
async function connected<T>(
  { url, schema, queryTimeoutMs }: MigrateSettings,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const config = clientConfigOf(url);
  const client = new pg.Client({ ...config, connectionTimeoutMillis: queryTimeoutMs, query_timeout: ANSWER_MS });
  // The statement that is under way is told, too.
  client.on('error', () => {});
  try {
    await client.connect();
    await prepareConnection(client, {
      schema,
      statementTimeoutMs: queryTimeoutMs,
      mostWaitingForStandby: Number.POSITIVE_INFINITY,
    });
    await refusePooler(client, config);
    return await work(client);
  } catch (error) {
    throw toDatabaseError(error, false);
  } finally {
    // Where something is under way on it the connection is cut, and the server rolls back.
    endConnection(client);
  }
}

/**
 * Makes what is missing; costs two questions where nothing is.
 *
 * @throws DatabaseError with what to do: the next call goes on where this one stopped
 */
export function migrate(settings: MigrateSettings, migrations: readonly Migration[]): Promise<void> {
  return connected(settings, async (client) => {
    if (await isCurrent(client, migrations)) return;
    while (await step(client, settings.schema, migrations));
  });
}

/** Changes nothing. @returns whether the tables are there @throws DatabaseError where they can be neither used nor made */
export function lookAtTables(settings: MigrateSettings, migrations: readonly Migration[]): Promise<boolean> {
  return connected(settings, async (client) => {
    await isThereOrCanBe(client, settings.schema);
    if (!(await areThere(client))) return false;
    await isCurrent(client, migrations);
    return true;
  });
}
