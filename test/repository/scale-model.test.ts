// What docs/scale.md says of a million events a second is what the command prints, and follows from its numbers.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { databaseLimit, laneLimit, needsAt, scaleValues } from '../../scripts/scale-model.js';

const PAGE = new URL('../../../docs/scale.md', import.meta.url).pathname;
const COMMAND = new URL('../../scripts/scale.js', import.meta.url).pathname;

const run = (...args: readonly string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

test('the table of the page is what the command prints', () => {
  const { stdout, status } = run();
  assert.equal(status, 0);
  assert.ok(stdout.trim().length > 1_000);
  assert.ok(readFileSync(PAGE, 'utf8').includes(stdout.trim()));
});

test('other numbers make another table, and what is none of them is refused', () => {
  assert.match(run('requestMs=100').stdout, /delivers 5 000 events\/s at most/);
  for (const wrong of ['requestMs', 'requestMs=0', 'requestMs=soon', 'replicas=3']) {
    const { status, stderr } = run(wrong);
    assert.equal(status, 1, wrong);
    assert.match(stderr, /NAME=NUMBER/);
  }
});

test('needs grow with the events and with what one costs', () => {
  const values = scaleValues();
  const [one, ten] = [needsAt(100_000, values), needsAt(1_000_000, values)];
  assert.ok(Math.abs(ten.databaseCores / one.databaseCores - 10) < 1e-6);
  assert.equal(ten.lanes, Math.ceil(1_000_000 / laneLimit(values)));
  assert.equal(needsAt(1_000_000, { ...values, databaseMicros: 54 }).databaseCores, 2 * ten.databaseCores);
  const { eventsPerSecond } = databaseLimit(values);
  assert.equal(needsAt(Math.floor(eventsPerSecond) - 1, values).databases, 1);
  assert.equal(needsAt(Math.ceil(eventsPerSecond) + 1, values).databases, 2);
  assert.equal(databaseLimit({ ...values, databaseDiskBytes: 1e15, maxConnections: 1e6 }).by, 'log');
});
