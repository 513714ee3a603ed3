// The tables: made once however many replicas start, changed forward only, and by no one who does not know them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.js';
import { type Migration, migrate } from '../../src/postgres/migrate.js';
import { runSql, type TestSchema, testSchema } from '../../testkit/postgres.js';

const MAKE: Migration = { name: 'make', sql: 'create table thing(id int primary key)' };
const WIDEN: Migration = { name: 'widen', sql: 'alter table thing add note text' };

const settingsOf = ({ url, schema }: TestSchema, role?: string) => ({
  url: new Secret(role === undefined ? url : url.replace('postgres@', `${role}@`)),
  schema,
  queryTimeoutMs: 5_000,
});

const madeIn = ({ url, schema }: TestSchema) =>
  runSql<{ version: number; name: string }>(url, `select version, name from ${schema}.schema_version order by version`);

test('replicas that start together make the tables once, and a later version changes them', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  await Promise.all(Array.from({ length: 4 }, () => migrate(settingsOf(place), [MAKE])));
  assert.deepEqual(await madeIn(place), [{ version: 1, name: 'make' }]);
  await migrate(settingsOf(place), [MAKE, WIDEN]);
  await migrate(settingsOf(place), [MAKE, WIDEN]);
  assert.deepEqual(await madeIn(place), [
    { version: 1, name: 'make' },
    { version: 2, name: 'widen' },
  ]);
});

test('an older version goes on beside a newer one, unless the newer one says that it cannot', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  await migrate(settingsOf(place), [MAKE, WIDEN]);
  await migrate(settingsOf(place), [MAKE]);
  await migrate(settingsOf(place), [MAKE, WIDEN, { name: 'drop', sql: 'alter table thing drop note', worksWith: 3 }]);
  await assert.rejects(migrate(settingsOf(place), [MAKE, WIDEN]), {
    code: 'NEWER_FORMAT',
    message: /to 3, and this one knows 2\): start that version again, or set OUTBOX_SCHEMA to another schema/,
  });
});

test('a migration that fails leaves nothing, and is made by the next start', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const broken = { name: 'widen', sql: 'alter table thing add note text; select 1 / 0' };
  await assert.rejects(migrate(settingsOf(place), [MAKE, broken]), { code: '22012' });
  await migrate(settingsOf(place), [MAKE, WIDEN]);
  assert.equal((await madeIn(place)).length, 2);
});

test('a role without rights is told what to grant, and works once that is granted', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const { url, schema } = place;
  const role = `role_${schema}`;
  await runSql(url, `create role ${role} login`);
  const limited = settingsOf(place, role);
  const said = (sentence: RegExp) => ({ code: 'RIGHTS', message: sentence });
  await assert.rejects(migrate(limited, [MAKE]), said(/CREATE SCHEMA "test_\w+" AUTHORIZATION "role_test_\w+"/));
  await runSql(url, `create schema ${schema}`);
  await assert.rejects(migrate(limited, [MAKE]), said(/GRANT ALL ON SCHEMA "test_\w+" TO "role_test_\w+"/));
  await runSql(url, `grant all on schema ${schema} to ${role}`);
  await migrate(limited, [MAKE]);
  assert.equal((await madeIn(place)).length, 1);
});
