// Finds a pooler between this process and the server that gives the same connection to many: what a session holds would be another's.

import pg from 'pg';
import { DatabaseError } from './database-error.js';
import { endConnection } from './end-connection.js';

/** Each asks by turns: a pooler in transaction mode gives one server to both, or another one to one of them. */
const ROUNDS = 3;

async function serverOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** What the one who answered called itself: a pooler has names of its own. */
const nameOf = (client: pg.Client) => ('processID' in client ? client.processID : undefined);

/** @param client a connection @param config how others are made @throws DatabaseError `POOLER` */
export async function refusePooler(client: pg.Client, config: pg.ClientConfig): Promise<void> {
  const first = await serverOf(client);
  if (first === nameOf(client)) return;
  const other = new pg.Client(config);
  other.on('error', () => {});
  const servers: number[] = [];
  try {
    await other.connect();
    for (let round = 0; round < ROUNDS; round += 1) servers.push(await serverOf(other), await serverOf(client));
  } finally {
    endConnection(other);
  }
  const isOwn = servers.every((server, index) =>
    index % 2 === 0 ? server === servers[0] && server !== first : server === first,
  );
  if (isOwn) return;
  throw new DatabaseError(
    'POOLER',
    'a pooler in transaction mode is between: set pool_mode = session for this database, or name the server itself in OUTBOX_URL',
    'not stored',
  );
}
