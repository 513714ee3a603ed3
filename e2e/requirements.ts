// Reads what the end-to-end test needs from its environment, and says what is missing.

import { accessSync, constants } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type Postgres, readPostgresUrl, runSql } from './postgres.js';

/** What the test runs with. */
export interface Requirements {
  /** Absolute path of the rudder-server binary. */
  readonly binary: string;
  readonly postgres: Postgres;
}

type Environment = Readonly<Record<string, string | undefined>>;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readBinary(env: Environment, missing: string[]): string {
  const path = env.RUDDER_SERVER_BIN?.trim() ?? '';
  if (path === '') {
    missing.push('RUDDER_SERVER_BIN: set it to the path of a rudder-server binary.');
    return '';
  }
  const binary = isAbsolute(path) ? path : resolve(path);
  try {
    accessSync(binary, constants.X_OK);
  } catch {
    missing.push(`RUDDER_SERVER_BIN: ${path} is not a file that can be run.`);
  }
  return binary;
}

async function readPostgres(env: Environment, missing: string[]): Promise<Postgres | undefined> {
  const url = env.RUDDER_SERVER_POSTGRES?.trim() ?? '';
  if (url === '') {
    missing.push(
      'RUDDER_SERVER_POSTGRES: set it to postgres://user:password@host:port, of a role that may create databases.',
    );
    return undefined;
  }
  try {
    const postgres = readPostgresUrl(url);
    const mayCreate = await runSql(
      postgres,
      postgres.database,
      'SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user',
    );
    if (mayCreate === 't') return postgres;
    missing.push(`RUDDER_SERVER_POSTGRES: the role ${postgres.user} may not create databases.`);
  } catch (error) {
    missing.push(`RUDDER_SERVER_POSTGRES: ${reasonOf(error)}`);
  }
  return undefined;
}

/** Everything the test needs, or one sentence for each thing that is missing. */
export async function readRequirements(env: Environment): Promise<Requirements | readonly string[]> {
  const missing: string[] = [];
  const binary = readBinary(env, missing);
  const postgres = await readPostgres(env, missing);
  return postgres === undefined || missing.length > 0 ? missing : { binary, postgres };
}
