// The log of deletions that replicas share: each tells what all of them have asked for, dated by one clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharedRequestLog } from '../../../src/targets/statsig-deletions/shared-request-log.js';
import { keepingLog } from '../../../testkit/id-list-rig.js';
import { migratedSchema } from '../../../testkit/postgres-replicas.js';

const request = (number: number, at: number) => ({
  requestId: `request-${number}`,
  workspaceId: 'shop',
  ids: number,
  at,
});

test('each replica tells what all have asked for, the newest first, whatever their clocks say', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const open = (ahead: number) => {
    const now = () => Date.now() + ahead;
    const made = createSharedRequestLog({ database: schema.connect(context), now, log: keepingLog(), max: 3 });
    return { add: (number: number) => made.add(request(number, now())), newest: () => made.newest(2) };
  };
  const [one, ahead] = [open(0), open(3_600_000)];
  await ahead.add(1);
  await one.add(2);
  await one.add(2);
  await ahead.add(3);
  await one.add(4);
  for (const { newest } of [one, ahead]) {
    const { total, requests } = await newest();
    assert.deepEqual([total, requests.map(({ ids }) => ids)], [3, [4, 3]]);
    assert.ok(
      requests.every(({ at }) => Math.abs(at - Date.now()) < 600_000),
      'none is an hour ahead',
    );
  }
});

test('what the database does not take is told from memory, said once, and written when it takes it', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const log = keepingLog();
  const [one, two] = [schema.connect(context), schema.connect(context)].map((database) =>
    createSharedRequestLog({ database, now: Date.now, log }),
  );
  await schema.run('alter table deletion_request rename to away');
  await one?.add(request(1, Date.now()));
  await one?.add(request(2, Date.now()));
  assert.deepEqual(
    (await one?.newest(5))?.requests.map(({ ids }) => ids),
    [2, 1],
  );
  assert.equal(log.lines.length, 1);
  await schema.run('alter table away rename to deletion_request');
  await one?.add(request(3, Date.now()));
  assert.deepEqual(
    (await two?.newest(5))?.requests.map(({ ids }) => ids),
    [3, 2, 1],
  );
});
