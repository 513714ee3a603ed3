// Dead letters in the database: kept within their bounds by one replica, told to all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outbox } from '../../../src/outbox/outbox.js';
import { deadLettersOf, idsOf } from '../../../testkit/outbox.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const WIDE = 10_000_000;

async function giveUp(outbox: Outbox, workspaceId: string, ids: readonly string[]): Promise<void> {
  await outbox.append(ids.map((id) => userEvent(id, { workspaceId })));
  const claimed = await outbox.claim(`${workspaceId}/statsig`, ids.length, WIDE);
  assert.equal(claimed.length, ids.length);
  await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no' })));
}

test('the oldest of the workspace that has most go when there are too many, and those that are too old', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const roomy = await shared.replica();
  await giveUp(roomy, 'few', ['few-1']);
  await giveUp(roomy, 'most', ['a', 'b', 'c', 'd', 'e', 'f']);
  await giveUp(roomy, 'most', ['g', 'h']);
  const [row] = await shared.run<{ bytes: string }>(
    'select sum(bytes) as bytes from dead_letter where id not in (2, 3, 4)',
  );
  assert.equal((await roomy.status()).lanes.length, 2);
  const bytes = Number(row?.bytes);
  const tight = await shared.replica({ deadLetters: { maxBytes: bytes, maxAgeMs: 1e9 } });
  await until(async () => (await deadLettersOf(roomy)).length <= 6, 'some are let go');
  assert.deepEqual(idsOf(await deadLettersOf(roomy)), ['few-1', 'd', 'e', 'f', 'g', 'h']);
  assert.deepEqual(tight.usage().droppedDeadLetters, { age: 0, bytes: 3 });
  assert.deepEqual((await roomy.status()).lanes.map(({ lane, deadLetters }) => [lane, deadLetters]).sort(), [
    ['few/statsig', 1],
    ['most/statsig', 5],
  ]);
  await shared.run(
    `update dead_letter set died_at = died_at - 5000 where lane = (select id from lane where name = 'few/statsig')`,
  );
  const [one, other] = await Promise.all([
    shared.replica({ deadLetters: { maxBytes: 1e9, maxAgeMs: 4_000 } }),
    shared.replica({ deadLetters: { maxBytes: 1e9, maxAgeMs: 4_000 } }),
  ]);
  await until(async () => !idsOf(await deadLettersOf(roomy)).includes('few-1'), 'the old one is let go');
  const dropped = [one, other].map((outbox) => outbox.usage().droppedDeadLetters.age);
  const letters = await deadLettersOf(roomy);
  assert.equal((dropped[0] ?? 0) + (dropped[1] ?? 0), 6 - letters.length, 'each is counted once');
});

test('a dead letter that one replica puts back is told to the one that has the lane', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await giveUp(one, 'acme', ['a']);
  const other = await shared.replica();
  const told: (string | undefined)[] = [];
  one.onAppend((_lane, origin) => told.push(origin));
  const [letter] = await deadLettersOf(other);
  const key = await other.redeliver(letter?.key ?? '');
  await until(() => told.includes('redelivered'), 'the owner is told');
  const [again] = await one.claim('acme/statsig', 1, WIDE);
  assert.equal(again?.key, key);
  assert.deepEqual([await other.redeliver(letter?.key ?? ''), await one.drop(letter?.key ?? '')], [undefined, false]);
});

test('any text of a dead letter is kept as it is', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const odd = userEvent('nul \0 and half \ud800', {
    payload: '{"a":"\ud83d\ude00 \ud800 \\u0000"}',
    once: { key: 'k\0', value: 'v', windowMs: 9 },
  });
  await one.append([odd]);
  const [delivery] = await one.claim('acme/statsig', 1, WIDE);
  assert.ok(delivery);
  await one.settle([{ kind: 'dead', delivery, reason: 'rejected', answer: 'nul \0' }]);
  const [letter] = await deadLettersOf(one);
  assert.ok(letter);
  const { messageId, payload, onceKey, answer } = letter;
  assert.deepEqual(
    { messageId, payload, onceKey, answer },
    { messageId: odd.messageId, payload: odd.payload, onceKey: 'k\0', answer: 'nul \0' },
  );
});

test('replicas that are gone and signals that were read are tidied away', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  await shared.ghost(['acme/statsig'], -120_000);
  await shared.run(`insert into signal values ('want back', 'acme', now() - interval '10 minutes')`);
  await shared.replica();
  await until(
    async () => (await shared.run('select id::text from replica union all select subject from signal')).length === 1,
    'only the one that is there is left',
  );
});

test('a look for one dead letter begins with what stands right before its key', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const outbox = await shared.replica();
  await giveUp(outbox, 'acme', ['a', 'b', 'c']);
  await giveUp(outbox, 'other', ['d']);
  const letters = await deadLettersOf(outbox);
  for (const [at, { key }] of letters.entries()) {
    for (const before of [key.slice(0, -1), key.slice(0, -9)]) {
      const found: string[] = [];
      for await (const letter of outbox.deadLetters(undefined, { after: before })) found.push(letter.key);
      const expected = letters.filter((letter) => letter.key > before).map((letter) => letter.key);
      assert.deepEqual(found, expected, `behind ${before}`);
      assert.ok(found.includes(letters[at]?.key ?? ''));
    }
    const older: string[] = [];
    for await (const letter of outbox.deadLetters(undefined, { after: key.slice(0, -1), newestFirst: true }))
      older.push(letter.key);
    assert.deepEqual(
      older.toSorted(),
      letters.filter((letter) => letter.key < key.slice(0, -1)).map((letter) => letter.key),
    );
  }
});
