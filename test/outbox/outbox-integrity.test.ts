// What the outbox knows of its own files: counts, versions, notices that stay, and starts that the files end.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { ClassicLevel } from 'classic-level';
import { checkDatabase, isSoundDatabase } from '../../src/level/check-database.js';
import { probeDatabase } from '../../src/level/probe.js';
import { findNextDue } from '../../src/outbox/level/claims.js';
import { Lanes } from '../../src/outbox/level/lanes.js';
import { recordKey } from '../../src/outbox/level/records.js';
import {
  ACME,
  awaitableLog,
  claimAll,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
  START,
} from '../../testkit/outbox.js';

type Raw = ClassicLevel<string, string>;

async function withDatabase(directory: string, change: (db: Raw) => Promise<void>): Promise<void> {
  const db: Raw = new ClassicLevel(directory);
  await change(db);
  await db.close();
  // As LevelDB counts it, nothing is missing.
  rmSync(`${directory}.synced`, { force: true });
}

test('records that are gone from sound files are missed by their number, lane by lane, until somebody acknowledges it', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b'), event('c', { target: 'segment' })]);
  await before.close();
  await withDatabase(directory, async (db) => {
    const [key] = await db.keys({ gte: 'q:acme%2Fstatsig', lt: 'q:acme%2Fstatsig;' }).all();
    await db.del(key ?? '');
  });
  const log = awaitableLog();
  const first = await openOnDisk(context, directory, {}, log);
  assert.equal(first.lastStatus().problem, 'damaged: acme/statsig: 1 waiting events are gone');
  assert.match(log.errors.join(), /acme\/statsig: 1 waiting events are gone/);
  await first.close();
  const second = await openOnDisk(context, directory);
  assert.equal(second.lastStatus().problem, 'damaged: acme/statsig: 1 waiting events are gone');
  assert.deepEqual(idsOf(await claimAll(second)), ['b']);
  assert.equal(await second.acknowledge(), true);
  assert.equal(await second.acknowledge(), false);
  assert.equal(second.lastStatus().problem, undefined);
  await second.close();
  const third = await openOnDisk(context, directory);
  assert.equal(third.lastStatus().problem, undefined);
});

test('a record that came back is noticed, and so is one in the place of another', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b')]);
  await before.close();
  await withDatabase(directory, async (db) => {
    const [first] = await db.iterator({ gte: 'q:', lt: 'q;' }).all();
    assert.ok(first !== undefined);
    await db.del(first[0]);
    await db.put(first[0].replace(/\d$/, '9'), first[1]);
  });
  const swapped = await openOnDisk(context, directory);
  assert.equal(
    swapped.lastStatus().problem,
    'damaged: acme/statsig: some waiting events are gone, others are there again',
  );
  await swapped.acknowledge();
  await swapped.close();
  await withDatabase(directory, (db) => db.put('q:shop%2Fstatsig:1800000000000:0000000000000007', 'x'));
  const more = await openOnDisk(context, directory);
  assert.equal(more.lastStatus().problem, 'damaged: shop/statsig: 1 waiting events are there again');
});

test('both notes of how far it is synced know of a push when it is answered', async (context) => {
  const directory = outboxDirectory(context);
  const outbox = await openOnDisk(context, directory);
  for (let turn = 1; turn <= 20; turn += 1) {
    // Read in the same turn as the answer: a kill could come here.
    const noted = await outbox
      .append([event(`a${turn}`)])
      .then(() => [join(directory, 'synced'), `${directory}.synced`].map((file) => readFileSync(file, 'utf8')));
    assert.deepEqual(
      noted.map((text) => Number(text.split(' ')[0])),
      [turn, turn],
    );
  }
});

test('what is claimed is not missed', async (context) => {
  const directory = outboxDirectory(context);
  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  await outbox.append([event('a'), event('b')]);
  const claimed = await claimAll(outbox);
  assert.equal(claimed.length, 2);
  assert.equal(await outbox.nextDueAt(ACME), undefined, 'all are claimed: nothing is missed');
  assert.deepEqual(log.errors, []);
});

test('records that vanish while it runs are noticed when nothing else is left to send', async (context) => {
  const directory = outboxDirectory(context);
  mkdirSync(directory);
  const db: Raw = new ClassicLevel(directory);
  context.after(() => db.close());
  await db.open();
  const failures: unknown[] = [];
  const database = { db, fail: (_db: Raw, error: unknown) => failures.push(error) };
  const lanes = new Lanes();
  const key = recordKey({ kind: 'q', lane: ACME, time: START, sequence: 1 });
  lanes.arrived(ACME, key, START, 10);
  assert.equal(await findNextDue(database, lanes, ACME), undefined);
  assert.match(String(failures), /1 waiting events of acme\/statsig are not on the disk any more/);
});

test('what a newer version wrote is refused with a sentence, and nothing is moved or changed', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a')]);
  await before.close();
  const db: Raw = new ClassicLevel(directory);
  const text = '[2,7,"something new"]\n';
  const sealed = `${crc32(text, crc32('m:books'))} ${text}`;
  await db.put('m:books', sealed);
  await db.close();
  const names = readdirSync(directory).filter((name) => name.startsWith('broken-'));
  const outbox = await openOnDisk(context, directory);
  assert.equal(outbox.lastStatus().ok, false);
  assert.match(
    outbox.lastStatus().problem ?? '',
    /^NEWER_FORMAT: the outbox was written by a newer version of statsig-cdp \(format 2; this one reads up to 1\)/,
  );
  await assert.rejects(outbox.append([event('b')]), { code: 'OUTBOX_UNAVAILABLE', message: /NEWER_FORMAT/ });
  await outbox.close();
  assert.deepEqual(names, []);
  const after: Raw = new ClassicLevel(directory);
  assert.equal(await after.get('m:books'), sealed);
  assert.equal((await after.keys({ gte: 'q:', lt: 'q;' }).all()).length, 1);
  await after.close();
});

test('a directory of a version without counts opens, without a word, and is counted from then on', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b')]);
  await before.close();
  await withDatabase(directory, async (db) => {
    for (const key of await db.keys({ gte: 'l:', lt: 'm;' }).all()) await db.del(key);
    await db.put('m:sequence', '2');
  });
  writeFileSync(join(directory, 'synced'), '0000000000000002');
  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  assert.equal(outbox.lastStatus().problem, undefined);
  assert.deepEqual(log.errors, []);
  await outbox.append([event('c')]);
  await outbox.close();
  const after: Raw = new ClassicLevel(directory);
  assert.match((await after.get('m:books')) ?? '', /^\d+ \[1,3,3,/);
  await after.close();
});

test('a directory whose files are all gone is not taken for a new one', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a')]);
  await before.close();
  rmSync(directory, { recursive: true });
  const outbox = await openOnDisk(context, directory);
  assert.match(
    outbox.lastStatus().problem ?? '',
    /^damaged: the newest 1 events .* are gone from the disk, with all files/,
  );
  await outbox.acknowledge();
  await outbox.close();
  assert.equal((await openOnDisk(context, directory)).lastStatus().problem, undefined);
});

test('an older state of the directory, put back, is not taken for the newest', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a')]);
  await before.close();
  cpSync(directory, `${directory}.copy`, { recursive: true });
  const after = await openOnDisk(context, directory);
  await after.settle((await claimAll(after)).map((delivery) => ({ kind: 'delivered', delivery })));
  await after.close();
  rmSync(directory, { recursive: true });
  cpSync(`${directory}.copy`, directory, { recursive: true });
  const outbox = await openOnDisk(context, directory);
  assert.match(outbox.lastStatus().problem ?? '', /^damaged: the newest writes are gone from the disk/);
});

test('a start after one that died while it opened tries in a process of its own first, and goes on where that lives', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a')]);
  await before.close();
  writeFileSync(join(directory, 'run'), 'opening 0\n');
  const outbox = await openOnDisk(context, directory);
  assert.equal(outbox.lastStatus().problem, undefined);
  assert.equal(readFileSync(join(directory, 'run'), 'utf8'), 'open 1\n');
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a']);
  await outbox.close();
  assert.equal(existsSync(join(directory, 'run')), false);
});

test('a table that ends the process which reads it ends the process that tries it, and the check sees it before', async (context) => {
  const directory = outboxDirectory(context);
  for (const id of ['a', 'b']) {
    const outbox = await openOnDisk(context, directory);
    await outbox.append([event(id)]);
    await outbox.close();
  }
  assert.equal(await probeDatabase(directory), undefined);
  const table = join(directory, readdirSync(directory).find((name) => name.endsWith('.ldb')) ?? '');
  const bytes = readFileSync(table);
  // The place of the index, in the footer: LevelDB asks for as much memory as it says.
  bytes.fill(0, bytes.length - 48, bytes.length - 8);
  Buffer.from([0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]).copy(bytes, bytes.length - 48);
  writeFileSync(table, bytes);
  assert.match((await probeDatabase(directory)) ?? 'it lived', /^SIG/);
  const outbox = await openOnDisk(context, directory);
  assert.match(outbox.lastStatus().problem ?? '', /^damaged: it was repaired \(\d+.ldb: its index cannot be read/);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'b']);
});

test('every byte of tables, logs and manifest is checked: whichever is flipped, the check sees it', async (context) => {
  const directory = outboxDirectory(context);
  for (const run of [1, 2]) {
    const outbox = await openOnDisk(context, directory);
    for (let number = 0; number < 30; number += 1) await outbox.append([event(`${run}-${number}`)]);
    await outbox.close();
  }
  const synced = Number(readFileSync(join(directory, 'synced'), 'utf8').split(' ')[1]);
  assert.ok(isSoundDatabase(await checkDatabase(directory, synced)));
  const unseen: string[] = [];
  for (const name of readdirSync(directory).filter((each) => /\.(?:ldb|log)$|^MANIFEST/.test(each))) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    // A step that is no divisor of anything.
    for (let at = 0; at < bytes.length; at += 37) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, flipped);
      const health = await checkDatabase(directory, synced);
      if (isSoundDatabase(health) && health.missing === 0) unseen.push(`${name} at ${at}`);
    }
    writeFileSync(path, bytes);
  }
  assert.deepEqual(unseen, []);
});

test('whichever byte of the file that names the owner is flipped, the next start goes on', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a')]);
  await before.close();
  const file = join(directory, 'owner');
  const { length } = readFileSync(file);
  for (let at = 0; at < length; at += 7) {
    const bytes = readFileSync(file);
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 3;
    writeFileSync(file, bytes);
    const outbox = await openOnDisk(context, directory);
    assert.equal(outbox.lastStatus().ok, true, `${at}: ${outbox.lastStatus().problem}`);
    await outbox.close();
  }
});

test('an operation that two damaged files have is rescued once: LevelDB would abort the process', async (context) => {
  const directory = outboxDirectory(context);
  for (const id of ['a', 'b', 'c']) {
    const outbox = await openOnDisk(context, directory);
    await outbox.append([event(id)]);
    await outbox.close();
  }
  const tables = readdirSync(directory).filter((name) => name.endsWith('.ldb'));
  const [first = ''] = tables;
  // As a compaction leaves it that was killed before it deleted what it had read; and the manifest is gone.
  cpSync(join(directory, first), join(directory, '000099.ldb'));
  for (const name of [first, '000099.ldb']) {
    const bytes = readFileSync(join(directory, name));
    bytes[bytes.length - 20] = 0xff;
    writeFileSync(join(directory, name), bytes);
  }
  rmSync(join(directory, 'CURRENT'));
  for (const name of readdirSync(directory)) if (name.startsWith('MANIFEST')) rmSync(join(directory, name));
  const outbox = await openOnDisk(context, directory);
  assert.match(outbox.lastStatus().problem ?? '', /^damaged: it was repaired/);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'b', 'c']);
});
