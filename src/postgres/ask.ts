// One statement by one connection.

import type { ClientBase, QueryConfig, QueryResult } from 'pg';
import { DatabaseError, toDatabaseError } from './database-error.js';
import { hasCancelledWait } from './standby-notices.js';

/** Without a name it is planned anew each time. */
export interface Asked {
  readonly name?: string;
  readonly text: string;
}

/** What `pg` takes, and its types do not say. */
interface TimedQuery extends QueryConfig<unknown[]> {
  readonly query_timeout: number;
}

/** @param timeoutMs until it is given up @throws what `pg` throws, or DatabaseError where the time is over before it is sent */
export async function ask<Row extends object>(
  client: ClientBase,
  { name, text }: Asked,
  values: readonly unknown[],
  timeoutMs: number,
): Promise<QueryResult<Row>> {
  if (timeoutMs <= 0) throw new DatabaseError('TIMEOUT', 'the database does not answer in time', 'not stored');
  const query: TimedQuery = {
    ...(name === undefined ? {} : { name }),
    text,
    values: [...values],
    query_timeout: timeoutMs,
  };
  return client.query<Row>(query);
}

/** The same of what commits. @throws DatabaseError: `unknown` where it may have */
export async function askCommitting<Row extends object>(
  client: ClientBase,
  asked: Asked,
  values: readonly unknown[],
  timeoutMs: number,
): Promise<QueryResult<Row>> {
  try {
    const result = await ask<Row>(client, asked, values, timeoutMs);
    if (!hasCancelledWait(client)) return result;
  } catch (error) {
    throw toDatabaseError(error, true);
  }
  throw new DatabaseError(
    'STANDBY_MISSING',
    'the commit did not wait for the synchronous standby: somebody cancelled the wait',
    'unknown',
  );
}
