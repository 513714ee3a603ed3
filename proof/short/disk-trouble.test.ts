// The process on a disk in trouble, all of it: a directory that must not be written, a disk that fills up, and each kind of damage after a kill.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertDamageIsSaid,
  assertRecovered,
  assertUnavailable,
  DAMAGES,
  damageAndRevive,
  findFile,
  halve,
  missingOf,
  rigFor,
  TABLE_DAMAGES,
} from '../../testkit/disk-trouble.js';
import { MAIN } from '../../testkit/programs.js';

test('a directory that must not be written', async (context) => {
  const rig = rigFor(context);
  const isRoot = process.getuid?.() === 0;
  // Nothing is forbidden to root.
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const via = isRoot ? nobody : [];
  // A project in a directory of root's own cannot be run by anybody else.
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
