// What waits in a database that replicas share stays within its bounds, in all and for each workspace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginError } from '../../../src/base/errors.js';
import { event, idsOf } from '../../../testkit/outbox.js';
import { openAppends } from '../../../testkit/postgres-append.js';

const full = (error: PluginError) => error.code === 'OUTBOX_FULL';
const sized = (id: string, kilobytes: number, workspaceId = 'acme') =>
  event(id, { workspaceId, payload: `"${'x'.repeat(kilobytes * 1000 - 40)}"` });

test('a call that does not fit is refused whole, and those that come with it are not harmed', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append, room } = outbox.open({ room: { maxBytes: 100_000 } });
  const results = await Promise.allSettled([
    append([sized('1', 30)]),
    append([sized('2', 1), sized('3', 80)]),
    append([sized('4', 30)]),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.ok(results[1]?.status === 'rejected' && full(results[1].reason));
  assert.match(String(room.problem), /^full: [56]\d{4} of 100000 bytes wait$/);
  assert.deepEqual(idsOf(await outbox.waiting()), ['1', '4']);
  const look = room.look();
  assert.deepEqual(await append([sized('5', 35)]), ['accepted']);
  look(new Map());
  assert.ok(
    room.bytes > 30_000 && room.bytes < 40_000,
    'what was stored while the look was under way counts beside it',
  );
  assert.deepEqual(await append([sized('2', 60)]), ['accepted'], 'nothing of the refused call is remembered');
  assert.match(String(room.problem), /^full: 9/);
});

test('what is there already, and what a sender repeats, takes no room', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append, room } = outbox.open({ room: { maxBytes: 100_000 } });
  await append([sized('1', 60)]);
  const { bytes } = room;
  assert.deepEqual(await append([sized('1', 30)]), ['duplicate']);
  assert.equal(room.bytes, bytes);
  assert.deepEqual(
    await append([sized('1', 60), event('2')]),
    ['duplicate', 'accepted'],
    'also where there is no room for it',
  );
});

test('a workspace has its share, where there are several', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  let isShared = true;
  const { append, room } = outbox.open({ room: { maxBytes: 100_000, isShared: () => isShared } });
  await append([sized('1', 40)]);
  await assert.rejects(append([sized('2', 30)]), full);
  assert.match(String(room.remark), /^full for acme: /);
  assert.equal(room.problem, undefined);
  assert.deepEqual(await append([sized('2', 25, 'other')]), ['accepted']);
  isShared = false;
  assert.deepEqual(await append([sized('3', 30)]), ['accepted']);
  assert.equal(room.remark, undefined);
});

test('looks that fail, or overlap, lose nothing of what was stored meanwhile', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const { append, room } = outbox.open();
  await append([sized('1', 10)]);
  const failed = room.look();
  await append([sized('2', 10)]);
  failed(undefined);
  assert.ok(room.bytes > 19_000);
  const late = room.look();
  await append([sized('3', 10)]);
  const inTime = room.look();
  late(new Map());
  assert.ok(room.bytes > 29_000, 'one that was overtaken counts for nothing');
  inTime(new Map([['acme', 31_000]]));
  assert.ok(room.bytes >= 31_000 && room.bytes < 52_000);
});
