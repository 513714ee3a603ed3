// The one connection that is there all the time: what it holds is told as lost as soon as it is, and it comes back.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { openTestPostgres, runSql, testSchema } from '../../testkit/postgres.js';
import { startPostgresProxy } from '../../testkit/postgres-proxy.js';
import { failureOf, MIGRATIONS } from '../../testkit/postgres-statements.js';
import { until } from '../../testkit/until.js';

const LOCK = 77;

test('a lock of the session ends with it, its loss is told once, and it is taken again', async (context) => {
  const place = await testSchema(context);
  if (place === undefined) return;
  const proxy = await startPostgresProxy(place.url);
  context.after(() => proxy.close());
  const postgres = openTestPostgres(context, {
    ...place,
    url: proxy.url,
    migrations: MIGRATIONS,
    queryTimeoutMs: 2_000,
  });
  const events = new EventEmitter();
  const told: string[] = [];
  const id = Number.parseInt(place.schema.slice(-6), 16);
  const session = postgres.openSession({
    async begin(queries) {
      const { rows } = await queries.query<{ got: boolean }>(
        { name: 'lock', text: 'select pg_try_advisory_lock($1, $2) as got' },
        [LOCK, id],
      );
      if (rows[0]?.got !== true) throw new Error('another has it');
      told.push('begun');
      events.emit('begun');
    },
    lost({ code }) {
      told.push(`lost ${code}`);
      events.emit('lost');
    },
  });
  await once(events, 'begun');
  await until(() => session.isOpen, 'it is open');
  const holders = () =>
    runSql<{ pid: number }>(
      place.url,
      `select pid from pg_locks where locktype = 'advisory' and classid = ${LOCK} and objid = ${id}`,
    );
  const [holder] = await holders();
  assert.ok(holder);

  // The server ends it.
  const [lost, begun] = [once(events, 'lost'), once(events, 'begun')];
  await runSql(place.url, `select pg_terminate_backend(${holder.pid})`);
  await lost;
  await begun;
  assert.equal((await holders()).length, 1);

  // It falls silent: the next statement finds out. The server does not know yet, and keeps the lock for the old one.
  await until(() => session.isOpen, 'it is open');
  const lostAgain = once(events, 'lost');
  proxy.fallSilent();
  const error = await failureOf(session.query({ name: 'beat', text: 'select 1' }));
  assert.equal(error.code, 'TIMEOUT');
  await lostAgain;
  assert.equal(session.isOpen, false);
  assert.equal((await holders()).length, 1);
  await runSql(
    place.url,
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = ${LOCK} and objid = ${id}`,
  );
  const begunAgain = once(events, 'begun');
  proxy.resume();
  await begunAgain;
  await until(() => session.isOpen, 'it is open');
  await session.query({ name: 'beat', text: 'select 1' });
  await session.close();
  assert.deepEqual(told, ['begun', 'lost 57P01', 'begun', 'lost TIMEOUT', 'begun']);
  await until(async () => (await holders()).length === 0, 'the lock is free');
});
