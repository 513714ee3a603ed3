// The store of memberships: what it remembers, through restarts, kills, damage and a full house, and that no id is on disk.

import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { openSealedJson, sealJson } from '../../../src/level/sealed-json.js';
import {
  createMembershipStore,
  type MembershipStoreOptions,
} from '../../../src/targets/statsig-lists/membership-store.js';
import { keepingLog, NOON, storeDirectory } from '../../../testkit/id-list-rig.js';
import { startRememberer } from '../../../testkit/membership-rememberer.js';
import { entry, knownOf, VIP } from '../../../testkit/memberships.js';
import { mountSmallDisk } from '../../../testkit/small-disk.js';

const NEW = { workspaceId: 'acme', listId: 'newcomers' };

function open(context: TestContext, directory: string, options: Partial<MembershipStoreOptions> = {}) {
  const log = keepingLog();
  const store = createMembershipStore({ directory, maxMemberships: 1_000_000, now: () => NOON, log, ...options });
  context.after(() => store.close());
  return { store, lines: log.lines };
}

test('nothing is on disk before something is remembered', async (context) => {
  const directory = storeDirectory(context);
  const { store } = open(context, directory);
  assert.deepEqual(await store.listsOf('acme', 'ada'), []);
  assert.throws(() => readdirSync(directory), { code: 'ENOENT' });
  await store.remember(VIP, 'userID', [entry('ada', 1)]);
  assert.ok(readdirSync(directory).includes('CURRENT'));
});

test('no id is on disk', async (context) => {
  const directory = storeDirectory(context);
  const { store } = open(context, directory);
  // A name that no hash spells by chance, as three letters are.
  const ids = Array.from({ length: 50 }, (_, index) => `ada.lovelace-${index}@example.com`);
  await store.remember(
    VIP,
    'userID',
    ids.map((id, index) => entry(id, index)),
  );
  await store.close();
  const { store: again } = open(context, directory);
  assert.equal(await knownOf(again, 'ada.lovelace-7@example.com'), 'in 7');
  await again.close();
  const bytes = readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'latin1'))
    .join('');
  assert.ok(bytes.includes('vip'), 'the names of lists are');
  assert.ok(!bytes.includes('lovelace'));
  assert.ok(!bytes.includes('example.com'));
});

test('what was remembered survives a kill', async (context) => {
  const directory = storeDirectory(context);
  const { child, lines } = startRememberer(directory);
  const remembered: number[] = [];
  for await (const line of lines) {
    remembered.push(Number(line));
    if (remembered.length === 200) child.kill('SIGKILL');
  }
  assert.ok(remembered.length >= 200);
  const { store } = open(context, directory);
  const known = await store.known(
    VIP,
    remembered.map((number) => `user-${number}`),
  );
  assert.deepEqual(
    known.map((each) => each && each.time - NOON),
    remembered,
  );
});

function fileOf(directory: string, kind: RegExp): string {
  const name = readdirSync(directory).find((each) => kind.test(each));
  assert.ok(name !== undefined, `no file ${kind}`);
  return join(directory, name);
}

/** A store with a table and a log. */
async function fill(context: TestContext): Promise<string> {
  const directory = storeDirectory(context);
  for (const run of [1, 2]) {
    const { store } = open(context, directory);
    const entries = Array.from({ length: 2_000 }, (_, index) => entry(`user-${index}`, run));
    for (let at = 0; at < entries.length; at += 100) {
      await store.remember(VIP, 'userID', entries.slice(at, at + 100));
    }
    await store.close();
  }
  return directory;
}

const BEYOND_OPENING: readonly (readonly [string, (directory: string) => void])[] = [
  ['CURRENT is missing', (directory) => rmSync(fileOf(directory, /^CURRENT$/))],
  ['the manifest is cut', (directory) => truncateSync(fileOf(directory, /^MANIFEST/), 10)],
  ['a table is missing', (directory) => rmSync(fileOf(directory, /\.ldb$/))],
];

for (const [what, damage] of BEYOND_OPENING) {
  test(`${what}: what is undamaged is rescued, nothing of it is sure, and the log says so`, async (context) => {
    const directory = await fill(context);
    damage(directory);
    const { store, lines } = open(context, directory, { now: () => NOON + 10 });
    assert.equal(await knownOf(store, 'user-1'), 'in? 2');
    await store.remember(VIP, 'userID', [entry('user-1', 3)]);
    assert.equal(await knownOf(store, 'user-1'), 'in 3');
    assert.match(lines.at(-1) ?? '', /^error The store of memberships is damaged. Nothing .* is sure any more/);
    const aside = readdirSync(directory).filter((name) => name.startsWith('broken-'));
    assert.equal(aside.length, 1);
    await store.close();
    const again = open(context, directory, { now: () => NOON + 20 });
    assert.equal(await knownOf(again.store, 'user-1'), 'in 3');
    assert.equal(await knownOf(again.store, 'user-2'), 'in? 2');
    assert.deepEqual(again.lines, []);
  });
}

test('a store whose newest writes are gone with their log is older than it was: nothing is sure', async (context) => {
  const directory = await fill(context);
  rmSync(fileOf(directory, /\.log$/));
  const { store, lines } = open(context, directory);
  assert.equal(await knownOf(store, 'user-1'), 'in? 1');
  assert.match(lines.at(-1) ?? '', /^error The store of memberships is damaged/);
});

test('a store of a newer version is refused, and left as it is', async (context) => {
  const directory = await fill(context);
  const database = new ClassicLevel<string, string>(directory);
  await database.put('format', '3');
  await database.close();
  const { store } = open(context, directory);
  await assert.rejects(
    knownOf(store, 'user-1'),
    /written by a newer version of statsig-cdp \(format 3; this one reads up to 2\)/,
  );
  await store.close();
  const after = new ClassicLevel<string, string>(directory);
  assert.equal(await after.get('format'), '3');
  await after.close();
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith('broken-')),
    [],
  );
});

test('when the newest writes cannot be read, what is left may be old: nothing is sure, times are kept', async (context) => {
  const directory = await fill(context);
  const path = fileOf(directory, /\.log$/);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(5_000, 0xa5), 0, 5_000, Math.floor(statSync(path).size / 2));
  closeSync(file);
  const { store, lines } = open(context, directory);
  const known = await store.known(
    VIP,
    Array.from({ length: 2_000 }, (_, index) => `user-${index}`),
  );
  assert.ok(known.every((each) => each !== undefined && !each.sure && each.time > NOON));
  assert.ok(
    known.some((each) => each?.time === NOON + 1),
    'some of what was written last is gone',
  );
  assert.match(lines.at(-1) ?? '', /^error The store of memberships is damaged/);
});

test('a directory that cannot be made, and a store that another process has open, are errors; the next call tries anew', async (context) => {
  const directory = storeDirectory(context);
  writeFileSync(directory, 'a file');
  const { store, lines } = open(context, directory);
  await assert.rejects(store.known(VIP, ['ada']), /the store of memberships cannot be used/);
  await assert.rejects(store.remember(VIP, 'userID', [entry('ada', 1)]), /the store of memberships cannot be used/);
  rmSync(directory);
  mkdirSync(directory);
  await store.remember(VIP, 'userID', [entry('ada', 1)]);

  const { store: second } = open(context, directory);
  await assert.rejects(knownOf(second, 'ada'), /another process has the store of memberships open/);
  await store.close();
  assert.equal(await knownOf(second, 'ada'), 'in 1');
  assert.deepEqual(lines, []);
});

test('on a full disk nothing is remembered, what was known stays, and it works again when there is room', async (context) => {
  const disk = mountSmallDisk(context, 4_000_000);
  if (disk === undefined) return;
  const { store } = open(context, join(disk, 'audiences'));
  await store.remember(VIP, 'userID', [entry('ada', 1)]);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(3_800_000));
  const many = Array.from({ length: 10_000 }, (_, index) => entry(`user-${index}`, 2));
  await assert.rejects(store.remember(VIP, 'userID', many), /cannot be used: No space left on device \(ENOSPC\)/);
  await assert.rejects(store.remember(VIP, 'userID', many), /the store of memberships cannot be used/);
  rmSync(ballast);
  assert.equal(await knownOf(store, 'ada'), 'in 1');
  assert.equal(await knownOf(store, 'user-0'), 'nothing');
  await store.remember(VIP, 'userID', many);
  assert.equal(await knownOf(store, 'user-9999'), 'in 2');
});

test('a closed store throws', async (context) => {
  const { store } = open(context, storeDirectory(context));
  const last = store.remember(VIP, 'userID', [entry('ada', 1)]);
  await store.close();
  await last;
  await assert.rejects(knownOf(store, 'ada'), /closed/);
});

test('a list whose record the disk gives back altered is forgotten, the others stay', async (context) => {
  const directory = storeDirectory(context);
  const { store } = open(context, directory);
  await store.remember(VIP, 'userID', [entry('ada', 5)]);
  await store.remember(NEW, 'userID', [entry('ada', 6)]);
  await store.close();
  const database = new ClassicLevel<string, string>(directory);
  const records = await database.iterator({ gte: 'l', lt: 'm' }).all();
  assert.equal(records.length, 2);
  for (const [key, value] of records) if (value.includes('"vip"')) await database.put(key, value.slice(1));
  for (const value of ['7', '{}', '{"workspaceId":"acme","listId":"x","idType":"userID","generation":"1"}'])
    await database.put(`l${value}`, value);
  await database.close();

  const { store: again } = open(context, directory);
  assert.deepEqual(await again.listsOf('acme', 'ada'), [{ listId: 'newcomers', idType: 'userID', time: NOON + 6 }]);
  assert.equal(await knownOf(again, 'ada', NEW), 'in 6');
});

test('a directory that is moved away: nothing is remembered elsewhere, and no list passes for an empty one', async (context) => {
  const directory = storeDirectory(context);
  const { store } = open(context, directory);
  await store.remember(VIP, 'userID', [entry('ada', 1)]);
  renameSync(directory, `${directory}-elsewhere`);
  await assert.rejects(store.remember(VIP, 'userID', [entry('ada', 2)]), /deleted, renamed or replaced/);
  await assert.rejects(store.listsOf('acme', 'ada'), /deleted, renamed or replaced/);
  assert.equal(existsSync(directory), false, 'no other store is begun');
  renameSync(`${directory}-elsewhere`, directory);
  assert.deepEqual(await store.listsOf('acme', 'ada'), [{ listId: 'vip', idType: 'userID', time: NOON + 2 }]);
  await store.remember(VIP, 'userID', [entry('ada', 3)]);
  assert.equal(await knownOf(store, 'ada'), 'in 3');
});

test('a directory that another process has taken: nothing more is remembered there', async (context) => {
  const directory = storeDirectory(context);
  const { store } = open(context, directory);
  await store.remember(VIP, 'userID', [entry('ada', 1)]);
  const file = join(directory, 'owner');
  const owner = openSealedJson(readFileSync(file, 'utf8'), 'owner');
  writeFileSync(`${file}.new`, sealJson({ ...owner, epoch: 'another', pid: 4711 }));
  renameSync(`${file}.new`, file);
  await assert.rejects(store.remember(VIP, 'userID', [entry('cyd', 1)]), /another process \(4711 on/);
});
