// Statements to a server that works, and what they say when it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../src/postgres/database-error.js';
import { openTestPostgres, testSchema } from '../../testkit/postgres.js';

test('a statement answers rows, a transaction is there as a whole or not at all', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const postgres = openTestPostgres(context, place);
  await postgres.query({ name: 'table', text: 'create table thing(id int primary key)' });
  const insert = { name: 'insert', text: 'insert into thing(id) values ($1)' };
  await postgres.transaction(async (queries) => {
    await queries.query(insert, [1]);
    await queries.query(insert, [2]);
  });
  await assert.rejects(
    postgres.transaction(async (queries) => {
      await queries.query(insert, [3]);
      await queries.query(insert, [1]);
    }),
    (error) => error instanceof DatabaseError && error.code === '23505' && error.outcome === 'not stored',
  );
  const { rows, count } = await postgres.query<{ id: number }>({
    name: 'all',
    text: 'select id from thing order by id',
  });
  assert.deepEqual(rows, [{ id: 1 }, { id: 2 }]);
  assert.equal(count, 2);
});
