// What the server refuses, in words that say what to do; and that it is used again as soon as it does not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import { Secret } from '../../src/base/secret.js';
import { openPostgres } from '../../src/postgres/connection.js';
import { openTestPostgres, runSql, type TestSchema, testSchema } from '../../testkit/postgres.js';
import { serverUser } from '../../testkit/postgres-cluster.js';
import { MessageCutter } from '../../testkit/postgres-messages.js';
import { failureOf, insert, MIGRATIONS, worksAgain } from '../../testkit/postgres-statements.js';
import { mountSmallDisk } from '../../testkit/small-disk.js';

/** A role of the test's own, with a schema. */
async function roleOf(
  context: TestContext,
  options = '',
): Promise<(TestSchema & { readonly role: string; readonly asAdministrator: string }) | undefined> {
  const place = await testSchema(context);
  if (place === undefined) return undefined;
  const { url, schema } = place;
  const role = `role_${schema}`;
  await runSql(url, `create role ${role} login ${options}; create schema ${schema} authorization ${role}`);
  return { url: url.replace('postgres@', `${role}@`), schema, role, asAdministrator: url };
}

/** Passes everything on but for one value of a row. @returns the URL through it */
async function startLiar(context: TestContext, target: string, said: string, instead: string): Promise<string> {
  const url = new URL(target);
  const { port, hostname } = url;
  const before = Buffer.from(said, 'latin1');
  const after = Buffer.from(instead, 'latin1');
  const server = createServer((client) => {
    const to = connect(Number(port), hostname);
    client.pipe(to);
    const answers = new MessageCutter(true);
    to.on('data', (chunk) => {
      for (const { type, whole } of answers.cut(chunk)) {
        const at = type === 'D' ? whole.indexOf(before) : -1;
        if (at < 0) client.write(whole);
        else {
          const changed = Buffer.concat([whole.subarray(0, at), after, whole.subarray(at + before.length)]);
          changed.writeUInt32BE(changed.length - 1, 1);
          client.write(changed);
        }
      }
    });
    client.on('error', () => {}).on('close', () => to.destroy());
    to.on('error', () => {}).on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  if (typeof address === 'object' && address !== null) url.port = String(address.port);
  return url.href;
}

test('a server without room for more connections serves by those it has', async (context) => {
  const place = await roleOf(context, 'connection limit 3');
  if (place === undefined) return;
  const lines: string[] = [];
  const log = createLogger('info', (line) => void lines.push(line));
  const postgres = openTestPostgres(context, { ...place, maxConnections: 20, migrations: MIGRATIONS, log });
  await postgres.query(...insert(0));
  // Each takes a while: all connections are wanted at once.
  const slow = { name: 'slow', text: 'select pg_sleep(0.01), $1::int' };
  await Promise.all(Array.from({ length: 100 }, (_, id) => postgres.query(slow, [id])));
  assert.equal(postgres.problem(), undefined);
  assert.match(
    lines.join(''),
    /too many connections for role .*Raise max_connections.*No further connection to the database can be made/,
  );
  const other = openTestPostgres(context, { ...place, migrations: MIGRATIONS });
  const error = await failureOf(other.query(...insert(1)));
  assert.equal(error.code, '53300');
  assert.equal(error.outcome, 'not stored');
});

test('what is read only is told as such, and used again as soon as it is not', async (context) => {
  const place = await roleOf(context);
  if (place === undefined) return;
  const { role, asAdministrator } = place;
  await runSql(asAdministrator, `alter role ${role} set default_transaction_read_only = on`);
  const postgres = openTestPostgres(context, { ...place, migrations: MIGRATIONS });
  const error = await failureOf(postgres.query(...insert(1)));
  assert.equal(error.code, 'READ_ONLY');
  assert.equal(error.outcome, 'not stored');
  assert.match(error.message, /is default_transaction_read_only set/);
  await runSql(asAdministrator, `alter role ${role} reset default_transaction_read_only`);
  await worksAgain(postgres);
  // A primary that becomes a standby answers so in the midst of a connection.
  const standby = { name: 'standby', text: 'set default_transaction_read_only = on' };
  await postgres.query(standby);
  assert.equal((await failureOf(postgres.query(...insert(1)))).code, '25006');
  await postgres.query(...insert(2));
});

test('a full disk of the database: not stored, said, and over when there is room', async (context) => {
  const place = await roleOf(context);
  if (place === undefined) return;
  const path = mountSmallDisk(context, 1_048_576);
  if (path === undefined) return;
  const { uid = 0, gid = 0 } = serverUser();
  chownSync(path, uid, gid);
  const { role, asAdministrator, schema } = place;
  await runSql(asAdministrator, `create tablespace ${schema} location '${path}'`);
  try {
    await runSql(
      asAdministrator,
      `grant create on tablespace ${schema} to ${role}; alter role ${role} set default_tablespace = ${schema}`,
    );
    const postgres = openTestPostgres(context, { ...place, migrations: MIGRATIONS });
    const ballast = join(path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(400_000));
    const fill = { name: 'fill', text: 'insert into thing select generate_series($1::int, $1 + 99999)' };
    const error = await failureOf(postgres.query(fill, [1]));
    assert.equal(error.code, '53100');
    assert.equal(error.outcome, 'not stored');
    assert.match(error.message, /Make room on the disk of the database/);
    rmSync(ballast);
    await postgres.query(...insert(1));
    await postgres.close();
  } finally {
    await runSql(asAdministrator, `drop schema ${schema} cascade`);
    await runSql(asAdministrator, `drop tablespace ${schema}`);
  }
});

test('a database that is not there, an address that is none, a URL that cannot be read: told without the password', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const password = 'canary-of-a-password';
  const guarded = place.url.replace('postgres@', `postgres:${password}@`);
  const lines: string[] = [];
  const log = createLogger('debug', (line) => void lines.push(line));
  const open = (url: string) =>
    openPostgres({ url: new Secret(url), schema: 'x', maxConnections: 1, queryTimeoutMs: 5_000, log });
  const refused: readonly (readonly [string, RegExp])[] = [
    [
      guarded.replace(/\/postgres$/, '/nowhere'),
      /database "nowhere" does not exist\. Create it, or correct OUTBOX_URL/,
    ],
    [guarded.replace(/:\d+\//, ':1/'), /ECONNREFUSED 127\.0\.0\.1:1\. Is the server started/],
    [`${guarded}?sslmode=require`, /the server has no TLS/],
    [`postgres://x:${password}@/postgres?host=/nowhere`, /ENOENT/],
  ];
  for (const [url, sentence] of refused) {
    const postgres = open(url);
    const error = await failureOf(postgres.query({ name: 'any', text: 'select 1' }));
    assert.match(error.message, sentence);
    assert.equal(error.outcome, 'not stored');
    assert.doesNotMatch(JSON.stringify([error, error.stack, postgres.problem()]), new RegExp(password));
    await postgres.close();
  }
  for (const url of [
    `mysql://x:${password}@localhost/x`,
    `postgres://x:${password}@localhost:port/x`,
    `${guarded}?sslmode=prefer`,
    `${guarded}?sslmode=verify-ca`,
    `${guarded}?sslmode=require&sslrootcert=/nowhere`,
  ]) {
    assert.throws(
      () => open(url),
      (error) =>
        error instanceof Error && /^OUTBOX_URL /.test(error.message) && !String(error.stack).includes(password),
    );
  }
  assert.doesNotMatch(lines.join(''), new RegExp(password));
  assert.ok(lines.length >= 2, 'the failures are logged');
});

test('a server older than 14, or a database in another encoding, is refused', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const [{ version = 0 } = {}] = await runSql<{ version: number }>(
    place.url,
    `select current_setting('server_version_num')::int / 10000 as version`,
  );
  for (const [said, instead, code, sentence] of [
    [`\0\0\0\x02${version}`, '\0\0\0\x0213', 'TOO_OLD', /PostgreSQL 14 or newer is needed, and the server is 13/],
    ['\0\0\0\x04UTF8', '\0\0\0\x06LATIN1', 'ENCODING', /must have the encoding UTF8, and has LATIN1/],
  ] as const) {
    const url = await startLiar(context, place.url, said, instead);
    const error = await failureOf(openTestPostgres(context, { ...place, url }).query(...insert(1)));
    assert.equal(error.code, code);
    assert.match(error.message, sentence);
  }
});
