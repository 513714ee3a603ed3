// The process on a disk in trouble: senders keep what can't be stored, RudderStack is served all the same, and nothing that was acknowledged is missing
// without a word.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DiskRig } from '../../testkit/disk-rig.js';
import { MAIN } from '../../testkit/plugin-process.js';
import { element } from '../../testkit/rudderstack.js';

function rigFor(context: TestContext, outbox?: string): DiskRig {
  const rig = new DiskRig(outbox);
  context.after(() => rig.close());
  return rig;
}

/** What everybody must see while the disk takes nothing. */
async function assertUnavailable(rig: DiskRig, said: RegExp): Promise<void> {
  for (const { status, retryAfter, text } of [await rig.push(2), await rig.pushWebhook()]) {
    assert.equal(status, 503, text);
    assert.match(text, /OUTBOX_UNAVAILABLE/);
    assert.ok(Number(retryAfter) >= 1, `Retry-After: ${retryAfter}`);
  }
  const { text } = await rig.untilReadiness(503);
  assert.match(text, said);
  const transformed = await rig.transform(element(1));
  assert.equal(transformed.status, 200);
  assert.match(transformed.text, /"statusCode":200/);
}

/** What must hold once the disk is back: it is used without a restart, and what was acknowledged comes, once. */
async function assertRecovered(rig: DiskRig): Promise<void> {
  await rig.untilReadiness(200);
  assert.equal((await rig.push(3)).status, 200);
  assert.equal((await rig.pushWebhook()).status, 200);
  await rig.reviveStatsig();
  await rig.drain();
  const delivered = new Set(rig.delivered);
  assert.deepEqual(
    rig.accepted.filter((id) => !delivered.has(id)),
    [],
  );
  assert.equal(rig.delivered.length, delivered.size, 'nothing comes twice');
}

test('a file in the way of the outbox', async (context) => {
  const rig = rigFor(context);
  writeFileSync(rig.outbox, '');
  await rig.start();
  await assertUnavailable(rig, /EEXIST/);
  rmSync(rig.outbox);
  await assertRecovered(rig);
});

test('a directory that must not be written', async (context) => {
  const rig = rigFor(context);
  const isRoot = process.getuid?.() === 0;
  // Nothing is forbidden to root.
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const via = isRoot ? nobody : [];
  // A project in a directory of root's own can't be run by anybody else.
  const [command = 'test', ...args] = [...via, 'test', '-r', MAIN];
  if (spawnSync(command, args).status !== 0)
    return context.skip('needs setpriv and a project that everybody may read, or not to be root');
  mkdirSync(rig.outbox);
  if (isRoot) for (const path of [rig.directory, join(rig.outbox, '..'), rig.outbox]) chownSync(path, 65534, 65534);
  chmodSync(rig.outbox, 0o555);
  await rig.start(via);
  await assertUnavailable(rig, /EACCES/);
  chmodSync(rig.outbox, 0o755);
  await assertRecovered(rig);
});

test('a disk that fills up while events come', async (context) => {
  const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['-r']), '-m', 'sh', '-c'];
  const rig = rigFor(context);
  // The mount is seen by the process alone, and is gone with it.
  const disk = join(rig.directory, 'data');
  const mount = `mount -t tmpfs -o size=64m tmpfs ${disk} && head -c 26M /dev/zero > ${disk}/ballast`;
  const [command = '', ...args] = [...unshare, mount];
  if (spawnSync(command, args).status !== 0) return context.skip('needs to mount a tmpfs in a namespace of its own');
  await rig.start([...unshare, `${mount} && exec "$@"`, 'sh']);
  await rig.fill();
  assert.ok(rig.accepted.length > 0);
  await assertUnavailable(rig, /ENOSPC/);
  rmSync(`/proc/${rig.process.child.pid}/root${disk}/ballast`);
  await assertRecovered(rig);
});

/** The largest file of the outbox of this name. */
function findFile(directory: string, pattern: RegExp): string {
  const files = readdirSync(directory).filter((name) => pattern.test(name));
  const [largest] = files.map((name) => join(directory, name)).sort((a, b) => statSync(b).size - statSync(a).size);
  return largest ?? assert.fail(`no ${pattern} among ${readdirSync(directory)}`);
}

/** Turns over a few bytes in the middle of a file. */
function flipBytes(file: string): void {
  const middle = Math.floor(statSync(file).size / 2);
  const bytes = Buffer.alloc(8);
  const descriptor = openSync(file, 'r+');
  readSync(descriptor, bytes, 0, bytes.length, middle);
  writeSync(descriptor, Buffer.from(bytes.map((byte) => byte ^ 0xff)), 0, bytes.length, middle);
  closeSync(descriptor);
}

const halve = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2));

/** Starts, pushes 200 events, is killed, gets damaged, and starts again; then Statsig takes what is left. @returns what /readyz said before that */
async function damageAndRevive(rig: DiskRig, damage: (outbox: string) => void, inTable = false): Promise<string> {
  await rig.start();
  for (let i = 0; i < 40; i++) assert.equal((await rig.push(5, 300)).status, 200);
  // Their number is noted just after the sync that they are answered for.
  while (Number(readFileSync(join(rig.outbox, 'synced'), 'utf8').split(' ')[0]) < rig.accepted.length)
    await setImmediate();
  await rig.process.end('SIGKILL');
  if (inTable) {
    // The start moves the newest writes into a table.
    await rig.start();
    await rig.process.end('SIGKILL');
  }
  damage(rig.outbox);
  await rig.start();
  const { text } = await rig.untilReadiness(200);
  assert.equal((await rig.push(5)).status, 200);
  await rig.reviveStatsig();
  await rig.drain();
  return text;
}

function missingOf({ accepted, delivered }: DiskRig): readonly string[] {
  const found = new Set(delivered);
  return accepted.filter((id) => !found.has(id));
}

/** Bytes of the files that were kept for people to look at. */
function keptBytes(outbox: string): number {
  const kept = readdirSync(outbox).filter((name) => name === 'lost' || name.startsWith('broken-'));
  const files = kept.flatMap((name) => readdirSync(join(outbox, name)).map((file) => join(outbox, name, file)));
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

const DAMAGES = {
  'flipped bytes in the newest writes': (outbox: string) => flipBytes(findFile(outbox, /\.log$/)),
  'flipped bytes in the list of files': (outbox: string) => flipBytes(findFile(outbox, /^MANIFEST-/)),
  'an empty list of files': (outbox: string) => truncateSync(findFile(outbox, /^MANIFEST-/), 0),
  'no file that says which list of files': (outbox: string) => rmSync(join(outbox, 'CURRENT')),
};

const TABLE_DAMAGES = {
  'flipped bytes in a table': (outbox: string) => flipBytes(findFile(outbox, /\.ldb$/)),
  'a table cut in half': (outbox: string) => halve(findFile(outbox, /\.ldb$/)),
  'a table that is gone': (outbox: string) => rmSync(findFile(outbox, /\.ldb$/)),
};

async function assertDamageIsSaid(
  context: TestContext,
  damage: (outbox: string) => void,
  inTable: boolean,
): Promise<void> {
  const rig = rigFor(context);
  const text = await damageAndRevive(rig, damage, inTable);
  assert.match(text, /"problem":"damaged: /);
  assert.ok(
    rig.process.errors.some((line) => line.includes('The outbox')),
    'the log says it',
  );
  const missing = missingOf(rig);
  context.diagnostic(`${missing.length} of ${rig.accepted.length} missing`);
  if (missing.length > 0) assert.ok(keptBytes(rig.outbox) > 0, 'what was left of it is kept');
}

for (const [name, damage] of Object.entries(DAMAGES))
  test(`damage after a kill is said: ${name}`, (context) => assertDamageIsSaid(context, damage, false));

for (const [name, damage] of Object.entries(TABLE_DAMAGES))
  test(`damage after a kill is said: ${name}`, (context) => assertDamageIsSaid(context, damage, true));

test('newest writes that are cut off are missed by their number; what is before the cut comes', async (context) => {
  const rig = rigFor(context);
  const text = await damageAndRevive(rig, (outbox) => halve(findFile(outbox, /\.log$/)));
  const missing = missingOf(rig);
  const from = rig.accepted.indexOf(missing[0] ?? '');
  assert.ok(from > 0);
  assert.deepEqual(missing, rig.accepted.slice(from, 200), 'nothing is missing amid what came');
  assert.match(
    text,
    new RegExp(
      `"problem":"damaged: [^"]*the newest ${missing.length} events that were accepted are gone from the disk`,
    ),
  );
  assert.ok(rig.process.errors.some((line) => line.includes('The outbox is damaged.')));
});

test('damage is said after every start, until an operator acknowledges it', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  await rig.process.end('SIGTERM');
  rmSync(join(rig.outbox, 'CURRENT'));
  for (const start of ['first', 'second']) {
    await rig.start();
    assert.match((await rig.untilReadiness(200)).text, /"problem":"damaged: it was repaired \(CURRENT: /, start);
    assert.equal((await rig.metrics()).get('statsig_cdp_outbox_noticed'), 1);
    await rig.process.end('SIGTERM');
  }
  await rig.start();
  await rig.untilReadiness(200);
  const [refused, acknowledged] = await rig.acknowledge();
  assert.equal(refused?.status, 401);
  assert.equal(acknowledged?.text, '{"acknowledged":true}');
  assert.doesNotMatch((await rig.readiness()).text, /damaged/);
  assert.equal((await rig.metrics()).get('statsig_cdp_outbox_noticed'), 0);
  await rig.process.end('SIGKILL');
  await rig.start();
  assert.doesNotMatch((await rig.untilReadiness(200)).text, /damaged/);
  await rig.reviveStatsig();
  await rig.drain();
  assert.deepEqual(missingOf(rig), []);
});
