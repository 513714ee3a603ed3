// A pooler between: in session mode it does not matter, in transaction mode it is refused.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../testkit/free-port.js';
import { openTestPostgres, testSchema } from '../../testkit/postgres.js';
import { serverUser } from '../../testkit/postgres-cluster.js';
import { failureOf, insert, MIGRATIONS } from '../../testkit/postgres-statements.js';
import { until } from '../../testkit/until.js';

const PGBOUNCER = '/usr/sbin/pgbouncer';

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** @returns the URL through it */
async function startPooler(context: TestContext, url: string, mode: 'session' | 'transaction'): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'pooler-'));
  // The pooler does not run as root, either.
  chmodSync(directory, 0o755);
  const server = new URL(url);
  const port = await freePort();
  writeFileSync(join(directory, 'users'), '"postgres" ""\n');
  writeFileSync(
    join(directory, 'ini'),
    `[databases]
postgres = host=127.0.0.1 port=${server.port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(directory, 'users')}
pool_mode = ${mode}
`,
  );
  const { uid, gid } = serverUser();
  const user = uid === undefined || gid === undefined ? {} : { uid, gid };
  const pooler: ChildProcess = spawn(PGBOUNCER, [join(directory, 'ini')], { ...user, stdio: 'ignore' });
  context.after(async () => {
    const ended = once(pooler, 'exit');
    pooler.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true });
  });
  await until(async () => pooler.exitCode !== null || (await canConnect(port)), 'the pooler listens');
  assert.equal(pooler.exitCode, null);
  server.port = String(port);
  return server.href;
}

test('a pooler in session mode does not matter; in transaction mode it is refused with what to do', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  if (!existsSync(PGBOUNCER)) {
    context.skip('PgBouncer is not installed (Debian: apt install pgbouncer)');
    return;
  }
  const bySession = openTestPostgres(context, {
    ...{ ...place, url: await startPooler(context, place.url, 'session'), migrations: MIGRATIONS },
  });
  await bySession.query(...insert(1));
  const byTransaction = openTestPostgres(context, {
    ...{ ...place, url: await startPooler(context, place.url, 'transaction'), migrations: MIGRATIONS },
  });
  const error = await failureOf(byTransaction.query(...insert(2)));
  assert.equal(error.code, 'POOLER');
  assert.equal(error.outcome, 'not stored');
  assert.match(error.message, /set pool_mode = session for this database, or name the server itself in OUTBOX_URL/);
});
