// Another directory, a copy or nothing comes in the place of the outbox's directory under the running process: what lies elsewhere is not written on, and no loss is silent.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { assertNothingMissing, pushUntilRefused, rigFor } from '../../testkit/disk-trouble.js';

test('a directory that another one takes the place of is not taken for it', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  renameSync(rig.outbox, `${rig.outbox}-elsewhere`);
  mkdirSync(rig.outbox);
  await pushUntilRefused(rig);
  assert.match((await rig.untilReadiness(503)).text, /GONE/);
  assert.deepEqual(readdirSync(rig.outbox), [], 'nothing is written there');
  rmSync(rig.outbox, { recursive: true });
  renameSync(`${rig.outbox}-elsewhere`, rig.outbox);
  await rig.untilReadiness(200);
  await rig.reviveStatsig();
  await rig.drain();
  assertNothingMissing(rig.accepted, rig.delivered);
});

test('a directory that a copy of itself takes the place of is not taken for it: nothing is acknowledged until it is back', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  cpSync(rig.outbox, `${rig.outbox}-copy`, { recursive: true, preserveTimestamps: true });
  assert.equal((await rig.push(5)).status, 200);
  renameSync(rig.outbox, `${rig.outbox}-elsewhere`);
  renameSync(`${rig.outbox}-copy`, rig.outbox);
  assert.match((await rig.push(1)).text, /OUTBOX_UNAVAILABLE/);
  assert.match((await rig.untilReadiness(503)).text, /GONE.*10 waiting events/);
  assert.equal((await rig.push(1)).status, 503);
  renameSync(rig.outbox, `${rig.outbox}-copy`);
  renameSync(`${rig.outbox}-elsewhere`, rig.outbox);
  await rig.untilReadiness(200);
  assert.equal((await rig.push(3)).status, 200);
  await rig.reviveStatsig();
  await rig.drain();
  assertNothingMissing(rig.accepted, rig.delivered);
});

test('files that a copy takes the place of in the directory are not written on: the log of the same name is another one', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  for (const name of readdirSync(rig.outbox).filter((one) => one.endsWith('.log'))) {
    cpSync(join(rig.outbox, name), join(rig.directory, name));
    renameSync(join(rig.directory, name), join(rig.outbox, name));
  }
  assert.match((await rig.push(1)).text, /OUTBOX_UNAVAILABLE/);
});

test('a directory that is deleted: pushes are refused, what is lost is said, and no empty one is begun before a restart', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(15, 15_000)).status, 200);
  rmSync(rig.outbox, { recursive: true });
  // More than LevelDB keeps in one file: it would begin the next.
  for (let turn = 0; turn < 100; turn += 1) assert.equal((await rig.push(15, 15_000)).status, 503);
  const { text } = await rig.untilReadiness(503);
  assert.match(text, /GONE.*15 waiting events/);
  assert.ok(rig.process.errors.some((line) => line.includes('15 waiting events')));
  assert.equal(existsSync(rig.outbox), false);
});

test('the log that is being written is deleted alone: what would be lost with it is not acknowledged', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  for (const name of readdirSync(rig.outbox)) if (name.endsWith('.log')) rmSync(join(rig.outbox, name));
  assert.equal((await rig.push(1)).status, 503);
  const { text } = await rig.untilReadiness(200);
  assert.match(text, /the newest \d+ events that were accepted are gone/);
});

test('a directory that is deleted when nothing waits: a new one is begun, and it is said', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  await rig.reviveStatsig();
  assert.equal((await rig.push(5)).status, 200);
  await rig.drain();
  rmSync(rig.outbox, { recursive: true });
  await pushUntilRefused(rig);
  assert.match((await rig.untilReadiness(200)).text, /"problem":"the directory of the outbox was deleted/);
  assert.equal((await rig.push(3)).status, 200);
  await rig.drain();
  assertNothingMissing(rig.accepted, rig.delivered);
});

test('an owner that was killed while it took over holds the next one up, not for ever', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  await rig.process.end('SIGKILL');
  const file = join(rig.outbox, 'owner');
  const { lock: _, ...owner } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...owner, epoch: 'another' }));
  await rig.start();
  await rig.untilReadiness(200);
  await rig.reviveStatsig();
  await rig.drain();
  assertNothingMissing(rig.accepted, rig.delivered);
  assert.ok(existsSync(dirname(file)));
});

test('a directory that is emptied, not deleted, is gone as well', async (context) => {
  const rig = rigFor(context);
  await rig.start();
  assert.equal((await rig.push(5)).status, 200);
  for (const name of readdirSync(rig.outbox)) rmSync(join(rig.outbox, name), { recursive: true });
  assert.equal((await rig.push(1)).status, 503);
  assert.match((await rig.untilReadiness(503)).text, /GONE/);
});

test('a second process, its lock file deleted: the first one stops, and nothing that either has acknowledged is missing', async (context) => {
  const first = rigFor(context);
  await first.start();
  for (let turn = 0; turn < 10; turn += 1) assert.equal((await first.push(5)).status, 200);
  rmSync(join(first.outbox, 'LOCK'));
  const second = rigFor(context, first.outbox, 'second');
  const pushing = pushUntilRefused(first);
  await second.start();
  assert.equal((await second.push(3)).status, 200);
  assert.match(await pushing, /OUTBOX_UNAVAILABLE/);
  assert.match((await first.untilReadiness(503)).text, /another process/);
  await second.reviveStatsig();
  await second.drain();
  assertNothingMissing([...first.accepted, ...second.accepted], second.delivered);
  // The first one takes over when the second ends.
  await second.process.end('SIGTERM');
  await first.untilReadiness(200);
  assert.equal((await first.push(3)).status, 200);
});
