// A server of the tests' own: stopped and started, with a password, with TLS, without its standby.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import { DatabaseError } from '../../src/postgres/database-error.js';
import { needsPostgres, openTestPostgres, testCluster } from '../../testkit/postgres.js';
import { type PostgresCluster, serverUser } from '../../testkit/postgres-cluster.js';
import { failureOf, insert, MIGRATIONS, worksAgain } from '../../testkit/postgres-statements.js';
import { until } from '../../testkit/until.js';

const PASSWORD = 'canary of a p@ssword/?';

const HBA = `
host all guarded 127.0.0.1/32 scram-sha-256
hostssl all encrypted 127.0.0.1/32 trust
host all postgres 127.0.0.1/32 trust
`;

/** Files that the server reads: who may come, and a certificate of its own. @returns `undefined` where none can be made */
function writeFiles(context: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-files-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'hba'), HBA);
  const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  try {
    execFileSync('openssl', [...args, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch {
    context.skip('openssl is not installed');
    return undefined;
  }
  const { uid, gid } = serverUser();
  for (const path of [directory, join(directory, 'hba'), key, cert]) {
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  }
  chmodSync(key, 0o600);
  return directory;
}

const urlOf = (cluster: PostgresCluster, user: string, rest = '') =>
  `postgres://${user}@127.0.0.1:${cluster.port}/postgres${rest}`;

async function checkPassword(context: TestContext, cluster: PostgresCluster): Promise<void> {
  await cluster.run(`create role guarded login superuser password '${PASSWORD}'`);
  const right = openTestPostgres(context, {
    url: urlOf(cluster, `guarded:${encodeURIComponent(PASSWORD)}`),
    schema: 'guarded',
    migrations: MIGRATIONS,
  });
  await right.query(...insert(1));
  const lines: string[] = [];
  const log = createLogger('debug', (line) => void lines.push(line));
  const wrong = openTestPostgres(context, { url: urlOf(cluster, 'guarded:canary-wrong'), schema: 'guarded', log });
  const error = await failureOf(wrong.query({ name: 'any', text: 'select 1' }));
  assert.equal(error.code, '28P01');
  assert.equal(error.outcome, 'not stored');
  assert.match(
    error.message,
    /^password authentication failed for user "guarded"\. Correct user and password in OUTBOX_URL/,
  );
  assert.doesNotMatch(lines.join('') + error.stack, /canary/);
}

async function checkTls(context: TestContext, cluster: PostgresCluster, cert: string): Promise<void> {
  await cluster.run('create role encrypted login superuser');
  const open = (rest: string, host = '127.0.0.1') =>
    openTestPostgres(context, {
      url: urlOf(cluster, 'encrypted', rest).replace('127.0.0.1', host),
      schema: 'encrypted',
      migrations: MIGRATIONS,
    });
  const any = { name: 'any', text: 'select 1' };
  await open('?sslmode=require').query(any);
  await open(`?sslmode=verify-ca&sslrootcert=${cert}`).query(any);
  await open(`?sslmode=verify-full&sslrootcert=${cert}`, 'localhost').query(any);
  for (const [rest, sentence] of [
    ['', /no pg_hba\.conf entry .* no encryption\. Correct user and password/],
    ['?sslmode=disable', /no encryption/],
    ['?sslmode=verify-full', /self-signed certificate\. Name the certificate of its authority as sslrootcert/],
    [
      `?sslmode=verify-full&sslrootcert=${cert}`,
      /does not match certificate's altnames.*OUTBOX_URL must name the server as its certificate does/,
    ],
  ] as const) {
    assert.match((await failureOf(open(rest).query(any))).message, sentence, rest);
  }
}

async function checkRestart(context: TestContext, cluster: PostgresCluster): Promise<void> {
  const lines: string[] = [];
  const log = createLogger('info', (line) => void lines.push(line));
  const postgres = openTestPostgres(context, { url: cluster.url, schema: 'restart', migrations: MIGRATIONS, log });
  await postgres.query(...insert(0));
  await cluster.kill();
  await until(async () => (await failureOf(postgres.query(...insert(1)))).outcome === 'not stored', 'it says so');
  await cluster.start();
  await worksAgain(postgres);
  await until(
    () => /cannot be used.*\n(?:.*cannot be used.*\n)*.*takes connections again/.test(lines.join('')),
    'it is logged',
  );
}

async function checkStandby(context: TestContext, cluster: PostgresCluster): Promise<void> {
  const postgres = openTestPostgres(context, {
    url: cluster.url,
    schema: 'standby',
    migrations: MIGRATIONS,
    maxConnections: 3,
    queryTimeoutMs: 2_000,
  });
  await postgres.query(...insert(0));
  await cluster.run("alter system set synchronous_standby_names = 'none_there'");
  await cluster.run('select pg_reload_conf()');
  const waiting = "from pg_stat_activity where wait_event = 'SyncRep' and application_name like 'statsig-cdp%'";
  let id = 100;
  await until(async () => {
    id += 1;
    const error = await postgres.query(...insert(id)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof DatabaseError && error.code === 'TIMEOUT' && error.outcome === 'unknown';
  }, 'commits wait');

  // Somebody cancels the wait: a success that is none.
  for (const work of [
    () => postgres.query(...insert(2)),
    () => postgres.transaction((queries) => queries.query(...insert(3))),
  ]) {
    let failed: DatabaseError | undefined;
    const failing = failureOf(work()).then((error) => {
      failed = error;
    });
    await until(async () => {
      await cluster.run(`select pg_cancel_backend(pid) ${waiting}`);
      return failed !== undefined;
    }, 'it is over');
    await failing;
    assert.deepEqual([failed?.code, failed?.outcome], ['STANDBY_MISSING', 'unknown']);
  }

  // Each attempt that is given up goes on waiting at the server.
  await until(async () => {
    const errors = await Promise.all([10, 11, 12, 13].map((id) => failureOf(postgres.query(...insert(id)))));
    return errors.some((error) => error.code === 'STANDBY_MISSING' && error.outcome === 'not stored');
  }, 'no more connections are made');
  const [count] = await cluster.run(`select count(*)::int as n ${waiting}`);
  assert.ok(Number(count?.n) <= 2 * 3, `they do not pile up: ${count?.n}`);
  await cluster.run('alter system reset synchronous_standby_names');
  await cluster.run('select pg_reload_conf()');
  await worksAgain(postgres);
}

test('a server with a password, TLS, a crash, and without its standby', async (context) => {
  if (!needsPostgres(context)) return;
  const directory = writeFiles(context);
  if (directory === undefined) return;
  const cluster = await testCluster(context, {
    hba_file: join(directory, 'hba'),
    ssl: 'on',
    ssl_key_file: join(directory, 'key'),
    ssl_cert_file: join(directory, 'cert'),
  });
  if (cluster === undefined) return;
  await context.test('password', (each) => checkPassword(each, cluster));
  await context.test('TLS', (each) => checkTls(each, cluster, join(directory, 'cert')));
  await context.test('killed and started', (each) => checkRestart(each, cluster));
  await context.test('a synchronous standby that is not there', (each) => checkStandby(each, cluster));
});
