// What the outbox on disk remembers takes no more room than it may, for each sender, and what an earlier version remembered still counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import type { Outbox } from '../../src/outbox/outbox.js';
import { createClock, event, openOnDisk, outboxDirectory, START } from '../../testkit/outbox.js';

const WINDOW_MS = 1000;

/** Keys of a closed outbox that begin with a letter. */
async function keysOf(directory: string, letter: string): Promise<readonly string[]> {
  const db = new ClassicLevel<string, string>(directory);
  await db.open();
  const keys = await db.keys({ gte: `${letter}:`, lt: `${letter};` }).all();
  await db.close();
  return keys;
}

/** Appends one event of a workspace, each in a step of its own. */
async function appendEach(outbox: Outbox, workspaceId: string, count: number, prefix: string): Promise<void> {
  for (let index = 0; index < count; index += 1)
    assert.deepEqual(await outbox.append([event(`${prefix} ${index}`, { workspaceId })]), ['accepted']);
}

test('the dedupe index of an earlier version counts until its entries end, and then takes no room', async (context) => {
  const directory = outboxDirectory(context);
  const end = String(START + WINDOW_MS).padStart(13, '0');
  const old = new ClassicLevel<string, string>(directory);
  await old.open();
  for (const [sequence, key, suffix] of [
    ['1', 'i:acme:"a"', ''],
    ['2', 'i:acme:"b"', ''],
    ['2', 'i:acme%2Fsegment-eu:"user-42 checkout"', 'o'],
  ] as const) {
    const byEnd = `t:${end}:${sequence.padStart(16, '0')}${suffix}`;
    await old.put(key, byEnd);
    await old.put(byEnd, key);
  }
  await old.put('m:sequence', '2');
  await old.close();

  const clock = createClock();
  const limits = { now: clock.now, dedupeWindowMs: WINDOW_MS };
  const outbox = await openOnDisk(context, directory, limits);
  const sent = [event('a'), event('b', { origin: 'partner' }), event('c')];
  assert.deepEqual(await outbox.append(sent), ['duplicate', 'duplicate', 'accepted']);
  const exposure = event('x', {
    target: 'segment-eu',
    once: { key: 'user-42 checkout', value: 'red', windowMs: WINDOW_MS },
  });
  assert.deepEqual(await outbox.append([exposure]), ['accepted'], 'what the old window said is unknown: it is sent');
  clock.at += WINDOW_MS;
  assert.deepEqual(await outbox.append([event('a'), event('b')]), ['accepted', 'accepted']);
  await appendEach(outbox, 'acme', 3, 'later');
  await outbox.close();
  assert.deepEqual(await keysOf(directory, 't'), []);
  assert.equal((await keysOf(directory, 'i')).length, 5);
  assert.equal((await keysOf(directory, 'j')).length, 5);
});

test('the ended dedupe entries of senders that fell silent are taken away while others send', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  const outbox = await openOnDisk(context, directory, { now: clock.now, dedupeWindowMs: WINDOW_MS });
  const silent = Array.from({ length: 100 }, (_, index) => event(`${index}`, { workspaceId: `silent-${index}` }));
  await outbox.append(silent);
  clock.at += WINDOW_MS;
  await appendEach(outbox, 'loud', 110, 'loud');
  await outbox.close();
  const names = new Set((await keysOf(directory, 'j')).map((key) => key.split(':')[1]));
  assert.deepEqual(names, new Set(['loud']));
  assert.equal((await keysOf(directory, 'i')).length, 110);
});

test('all senders together are remembered up to the limit, after a restart, too', async (context) => {
  const directory = outboxDirectory(context);
  const { now } = createClock();
  const limits = { now, maxDedupeEntries: 200 };
  const first = await openOnDisk(context, directory, limits);
  for (let sender = 0; sender < 30; sender += 1) await appendEach(first, `sender-${sender}`, 5, 'before');
  await appendEach(first, 'sender-0', 100, 'loud');
  await first.close();
  const second = await openOnDisk(context, directory, limits);
  await appendEach(second, 'sender-1', 20, 'after');
  const known = await second.append(
    Array.from({ length: 5 }, (_, index) => event(`before ${index}`, { workspaceId: 'sender-2' })),
  );
  assert.deepEqual(new Set(known), new Set(['duplicate']), 'who sent little is remembered');
  await second.close();
  assert.equal((await keysOf(directory, 'i')).length, 200);
  assert.equal((await keysOf(directory, 'j')).length, 200);
});
