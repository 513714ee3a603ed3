// The outbox on disk after a restart: what was acknowledged is there, in order, once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  claimAll,
  createClock,
  deadLettersOf,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
} from '../../testkit/outbox.js';
import { startAppender } from '../../testkit/outbox-appender.js';
import { propertyRuns } from '../../testkit/property-runs.js';

test('a restart keeps order, tries, dead letters, counts and what was seen; claims end', async (context) => {
  const directory = outboxDirectory(context);
  const { now } = createClock();
  const before = await openOnDisk(context, directory, { now });
  await before.append(['a', 'b', 'c', 'd'].map((id) => event(id)));
  const [, b, c, d] = await claimAll(before);
  assert.ok(b && c && d);
  await before.settle([
    { kind: 'putBack', delivery: { ...b, attempts: 3 } },
    { kind: 'dead', delivery: c, reason: 'rejected', answer: 'no' },
    { kind: 'delivered', delivery: d },
  ]);
  const status = before.lastStatus();
  await before.close();

  const after = await openOnDisk(context, directory, { now });
  assert.deepEqual(after.lastStatus(), status);
  assert.deepEqual(after.lanes(), ['acme/statsig']);
  assert.deepEqual(await after.append(['a', 'd', 'e'].map((id) => event(id))), ['duplicate', 'duplicate', 'accepted']);
  assert.deepEqual(
    (await claimAll(after)).map(({ messageId, attempts }) => [messageId, attempts]),
    [
      ['a', 0],
      ['b', 3],
      ['e', 0],
    ],
    'nothing on disk waits for a time to come',
  );
  assert.deepEqual(idsOf(await deadLettersOf(after)), ['c']);
});

test('a restart keeps the number of remembered ids within its limit', async (context) => {
  const directory = outboxDirectory(context);
  const clock = createClock();
  const limits = { now: clock.now, maxDedupeEntries: 3 };
  const before = await openOnDisk(context, directory, limits);
  await before.append(['a', 'b', 'c'].map((id) => event(id)));
  await before.close();
  const after = await openOnDisk(context, directory, limits);
  clock.at += 1;
  await after.append([event('d')]);
  assert.deepEqual(await after.append(['b', 'c', 'd', 'a'].map((id) => event(id))), [
    'duplicate',
    'duplicate',
    'duplicate',
    'accepted',
  ]);
});

test('a write that was torn off by a power failure takes nothing acknowledged with it', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b')]);
  await before.close();
  const log = readdirSync(directory).findLast((name) => name.endsWith('.log'));
  // The header of a record of LevelDB's log: checksum, length (two bytes), kind; its data is missing.
  appendFileSync(join(directory, log ?? ''), Buffer.from([1, 2, 3, 4, 0xff, 0x70, 1, 65, 66, 67]));
  const after = await openOnDisk(context, directory);
  assert.deepEqual(idsOf(await claimAll(after)), ['a', 'b']);
  assert.equal(after.lastStatus().problem, undefined);
});

test('killed at any moment it has lost nothing acknowledged and doubled nothing', {
  timeout: 120_000,
}, async (context) => {
  const directory = outboxDirectory(context);
  const accepted = new Set<string>();
  const claimed = new Set<string>();
  const delivered = new Set<string>();
  const sets = { accepted, claimed, delivered };
  for (let run = 0; run < propertyRuns(4); run += 1) {
    const { child, lines } = startAppender(directory, String(run));
    let linesToLive = 1 + Math.floor(Math.random() * 400);
    lines.on('line', (line: string) => {
      const { kind, ids } = JSON.parse(line) as { kind: keyof typeof sets; ids: string[] };
      for (const id of ids) sets[kind].add(id);
      linesToLive -= 1;
      if (linesToLive === 0) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
  }
  assert.ok(accepted.size > 0 && delivered.size > 0);

  const outbox = await openOnDisk(context, directory, { now: Date.now });
  assert.equal(outbox.lastStatus().problem, undefined);
  const waiting = idsOf(await claimAll(outbox)).map(String);
  const dead = idsOf(await deadLettersOf(outbox)).map(String);
  const found = [...waiting, ...dead];
  assert.equal(new Set(found).size, found.length, 'each at most once');
  const there = new Set(found);
  // What was claimed when the process died may have been settled without the process living to say so.
  assert.deepEqual(
    [...accepted].filter((id) => !claimed.has(id) && !there.has(id)),
    [],
    'nothing is lost',
  );
  assert.deepEqual(
    [...delivered].filter((id) => there.has(id)),
    [],
    'nothing delivered comes back',
  );
  const again = await outbox.append([...accepted].map((id) => event(id)));
  assert.ok(again.every((result) => result === 'duplicate'));
});
