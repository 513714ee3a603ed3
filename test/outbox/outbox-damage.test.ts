// The outbox on disk with damaged files: it says so, keeps what can be read, deletes nothing, and goes on.

import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import {
  ACME,
  awaitableLog,
  claimAll,
  deadLettersOf,
  event,
  idsOf,
  openOnDisk,
  outboxDirectory,
} from '../../testkit/outbox.js';

const IN_TABLE = Array.from({ length: 400 }, (_, index) => `table-${index}`);
const IN_LOG = Array.from({ length: 400 }, (_, index) => `log-${index}`);
const ALL = [...IN_TABLE, ...IN_LOG];

/** The files of a directory that was filled: filling one takes longer than all else that a test does. */
let filled: ReadonlyMap<string, Buffer> | undefined;

/** An outbox of 800 events, half of them in a table, half in the write-ahead log. */
async function fillDirectory(context: TestContext): Promise<string> {
  const directory = outboxDirectory(context);
  if (filled === undefined) {
    for (const ids of [IN_TABLE, IN_LOG]) {
      const outbox = await openOnDisk(context, directory);
      // Each call is a record of its own in the log.
      for (const id of ids) await outbox.append([event(id)]);
      await outbox.close();
    }
    filled = new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
  } else {
    mkdirSync(directory);
    for (const [name, bytes] of filled) writeFileSync(join(directory, name), bytes);
  }
  return directory;
}

function fileOf(directory: string, kind: RegExp): string {
  const name = readdirSync(directory).find((each) => kind.test(each));
  assert.ok(name !== undefined, `no file ${kind}`);
  return join(directory, name);
}

function overwrite(path: string, from: number, bytes: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(file);
}

/** Far enough to hit what ends a block, which tells LevelDB that it is damaged. */
function overwriteMiddle(path: string): void {
  overwrite(path, Math.floor(statSync(path).size / 2), 5000);
}

/** Opens it, and checks that it says what is wrong and works. */
async function openDamaged(context: TestContext, directory: string) {
  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  const { ok, problem } = outbox.lastStatus();
  assert.equal(ok, true);
  assert.match(problem ?? '', /^damaged: /);
  assert.ok(log.errors.length > 0);
  assert.deepEqual(await outbox.append([event('new')]), ['accepted']);
  return { outbox, errors: log.errors };
}

const CURRENT = /^CURRENT$/;
const MANIFEST = /^MANIFEST/;
const TABLE = /\.ldb$/;
const LOG = /\.log$/;

const HARMLESS: readonly (readonly [string, (directory: string) => void])[] = [
  ['CURRENT is missing', (directory) => rmSync(fileOf(directory, CURRENT))],
  ['CURRENT is empty', (directory) => truncateSync(fileOf(directory, CURRENT), 0)],
  ['the manifest is missing', (directory) => rmSync(fileOf(directory, MANIFEST))],
  ['the manifest is cut', (directory) => truncateSync(fileOf(directory, MANIFEST), 10)],
];

for (const [what, damage] of HARMLESS) {
  test(`${what}: every event is still there, once`, async (context) => {
    const directory = await fillDirectory(context);
    damage(directory);
    const { outbox } = await openDamaged(context, directory);
    assert.deepEqual(idsOf(await claimAll(outbox)).sort(), [...ALL, 'new'].sort());
    assert.deepEqual(await outbox.append([event('table-0'), event('log-0')]), ['duplicate', 'duplicate']);
  });
}

const LOSSES: readonly (readonly [string, string[], string, (directory: string) => void])[] = [
  ['a table is cut', IN_LOG, 'broken-', (directory) => truncateSync(fileOf(directory, TABLE), 2000)],
  ['a table is overwritten', IN_LOG, 'broken-', (directory) => overwriteMiddle(fileOf(directory, TABLE))],
  ['a table is missing', IN_LOG, 'broken-', (directory) => rmSync(fileOf(directory, TABLE))],
  ['the log is overwritten', IN_TABLE, 'broken-', (directory) => overwriteMiddle(fileOf(directory, LOG))],
];

for (const [what, unharmed, keptIn, damage] of LOSSES) {
  test(`${what}: the other events are there, and the damaged file is kept`, async (context) => {
    const directory = await fillDirectory(context);
    damage(directory);
    const { outbox, errors } = await openDamaged(context, directory);
    const found = new Set(idsOf(await claimAll(outbox)));
    for (const id of [...unharmed, 'new']) assert.ok(found.has(id), id);
    const kept = readdirSync(directory).find((name) => name.startsWith(keptIn));
    assert.ok(kept !== undefined && readdirSync(join(directory, kept)).length > 0, `nothing kept in ${keptIn}`);
    assert.ok(errors.some((line) => line.includes(kept)));
  });
}

test('what cannot be repaired is set aside, and the outbox begins empty', async (context) => {
  const directory = await fillDirectory(context);
  rmSync(fileOf(directory, CURRENT));
  // Repairing writes a file of this name.
  mkdirSync(join(directory, '000001.dbtmp'));
  const tables = readdirSync(directory).filter((name) => TABLE.test(name));
  const { outbox, errors } = await openDamaged(context, directory);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['new']);
  const aside = readdirSync(directory).find((name) => name.startsWith('broken-'));
  assert.ok(aside !== undefined && errors.some((line) => line.includes(aside)));
  const kept = readdirSync(join(directory, aside));
  assert.ok(tables.length > 0 && tables.every((name) => kept.includes(name)));
});

test('a payload that the disk gives back altered is not sent but becomes a dead letter', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b')]);
  await before.close();
  const database = new ClassicLevel<string, string>(directory);
  const [first] = await database.iterator({ gte: 'q:', lt: 'q;' }).all();
  assert.ok(first !== undefined);
  await database.put(first[0], first[1].replace('Order Completed', 'Order Xompleted'));
  await database.close();

  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
  const [letter] = await deadLettersOf(outbox);
  assert.equal(letter?.reason, 'damaged');
  assert.match(letter?.payload ?? '', /Order Xompleted/);
  assert.equal(log.errors.length, 1);
  assert.equal(outbox.lastStatus().lanes[0]?.waiting, 1);
});

test('records whose keys the disk gives back altered are passed over, counted once and left where they are', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  await before.append([event('a'), event('b')]);
  await before.close();
  const strange = ['q:', 'q:acme/statsig/not-a-time/1', 'q:nothing'];
  const database = new ClassicLevel<string, string>(directory);
  const known = await database.keys({ gte: 'q:', lt: 'q;' }).all();
  assert.equal(known.length, 2);
  await database.batch(strange.map((key) => ({ type: 'put', key, value: '{}' })));
  await database.close();

  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  assert.deepEqual(log.errors, ['The outbox holds records with damaged keys; they are passed over. {"records":3}']);
  assert.equal(outbox.lastStatus().lanes[0]?.waiting, 2);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'b']);
  await outbox.close();
  const after = new ClassicLevel<string, string>(directory);
  const kept = await after.keys({ gte: 'q:', lt: 'q;' }).all();
  await after.close();
  assert.deepEqual(
    strange.filter((key) => !kept.includes(key)),
    [],
  );
});

test('damage that is met while it runs is repaired without a restart', async (context) => {
  const directory = outboxDirectory(context);
  const log = awaitableLog();
  const filling = await openOnDisk(context, directory);
  for (const id of IN_TABLE) await filling.append([event(id)]);
  await filling.close();
  const outbox = await openOnDisk(context, directory, {}, log);
  const works = log.logged('works again');
  const woken = new Promise<string>((resolve) => outbox.onAppend(resolve));
  const table = fileOf(directory, TABLE);
  // Deliveries come last in a table, behind the dedupe index.
  overwrite(table, Math.floor(statSync(table).size * 0.8), 5000);
  const found: (string | undefined)[] = [];
  for (let turns = 0; turns < 1000 && outbox.lastStatus().ok; turns += 1) {
    const claimed = await outbox.claim(ACME, 10, 1_000_000);
    if (claimed.length === 0) break;
    found.push(...idsOf(claimed));
  }
  assert.match(outbox.lastStatus().problem ?? '', /^LEVEL_CORRUPTION/);
  await works;
  assert.equal(await woken, ACME);
  found.push(...idsOf(await claimAll(outbox)));
  assert.equal(new Set(found).size, found.length, 'nothing is given out twice');
  assert.match(outbox.lastStatus().problem ?? '', /^damaged: /);
});

test('damage in the dedupe index stops it only for a moment', async (context) => {
  const directory = await fillDirectory(context);
  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, {}, log);
  const works = log.logged('works again');
  // The dedupe index by message comes first in a table, and is not read when the outbox opens.
  for (const name of readdirSync(directory).filter((each) => TABLE.test(each)))
    overwrite(join(directory, name), 0, 1000);
  const again = ALL.map((id) => event(id));
  await assert.rejects(outbox.append(again), { code: 'OUTBOX_UNAVAILABLE', message: /LEVEL_CORRUPTION/ });
  await works;
  assert.equal((await outbox.append(again)).length, ALL.length);
  assert.match(outbox.lastStatus().problem ?? '', /^damaged: /);
});
