// What a new connection is asked and told before it is used.

import type { ClientBase } from 'pg';
import { DatabaseError } from './database-error.js';

/** The oldest version with everything that the statements use. */
const OLDEST = 14;

/** Of a connection. */
export interface Preparation {
  /** Where tables are looked for. */
  readonly schema: string;
  /** After which the server gives a statement up. */
  readonly statementTimeoutMs: number;
  /** Commits of this process that may wait for a synchronous standby at a time; `undefined`: those of this connection do not wait. */
  readonly mostWaitingForStandby: number | undefined;
}

interface Told {
  readonly version: number;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly waitingForStandby: number;
}

/**
 * One question, because each costs a way there and back. `set_config`, because poolers refuse most of what can be said at the start of a session.
 *
 * - Without statistics the planner sorts a whole lane where an index has the order: 118 ms for a claim in place of 9.
 * - Warnings must not be hidden: one of them says that a commit did not wait for its standby.
 */
const TELL = `select
  current_setting('server_version_num')::int / 10000 as version,
  current_setting('server_encoding') as encoding,
  pg_is_in_recovery() as "isStandby",
  current_setting('transaction_read_only') = 'on' as "isReadOnly",
  (select count(*)::int from pg_stat_activity
    where wait_event = 'SyncRep' and application_name = current_setting('application_name')) as "waitingForStandby",
  set_config('search_path', quote_ident($1), false),
  set_config('statement_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', $2, false),
  set_config('client_encoding', 'UTF8', false),
  set_config('client_min_messages', 'warning', false),
  set_config('synchronous_commit', coalesce($3, case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end), false),
  set_config('enable_bitmapscan', 'off', false),
  set_config('enable_seqscan', 'off', false),
  set_config('enable_sort', 'off', false),
  set_config('jit', 'off', false)`;

const refuse = (code: string, text: string) => new DatabaseError(code, text, 'not stored');

function check(
  { version, encoding, isStandby, isReadOnly, waitingForStandby }: Told,
  mostWaiting: number | undefined,
): void {
  if (version < OLDEST)
    throw refuse('TOO_OLD', `PostgreSQL ${OLDEST} or newer is needed, and the server is ${version}`);
  if (encoding !== 'UTF8') {
    throw refuse(
      'ENCODING',
      `the database must have the encoding UTF8, and has ${encoding}: create one with ENCODING 'UTF8'`,
    );
  }
  if (isStandby) throw refuse('READ_ONLY', 'the server is a standby: OUTBOX_URL must lead to the primary');
  if (isReadOnly) {
    throw refuse(
      'READ_ONLY',
      'the database is read only: is default_transaction_read_only set for it or for the role?',
    );
  }
  // The server does not notice that no one waits for the answer any more: each attempt would leave one more of these behind.
  if (mostWaiting !== undefined && waitingForStandby >= mostWaiting) {
    throw refuse(
      'STANDBY_MISSING',
      `${waitingForStandby} commits wait for a synchronous standby: start it, or take it out of synchronous_standby_names`,
    );
  }
}

/** @throws DatabaseError where the database cannot be used; whatever `pg` throws */
export async function prepareConnection(client: ClientBase, preparation: Preparation): Promise<void> {
  const { schema, statementTimeoutMs, mostWaitingForStandby } = preparation;
  const { rows } = await client.query<Told>(TELL, [
    schema,
    String(Math.ceil(statementTimeoutMs)),
    mostWaitingForStandby === undefined ? 'local' : null,
  ]);
  const told = rows[0];
  if (told !== undefined) check(told, mostWaitingForStandby);
}
