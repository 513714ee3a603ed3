// A process on a disk in trouble, and what must hold then and afterwards.

import assert from 'node:assert/strict';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DiskRig } from './disk-rig.js';
import { element } from './rudderstack.js';
import { until } from './until.js';

/** Closed after the test. @param outbox where it lies. Default: in a directory of its own @param prefix of the ids of events */
export function rigFor(context: TestContext, outbox?: string, prefix?: string): DiskRig {
  const rig = new DiskRig(outbox, prefix);
  context.after(() => rig.close());
  return rig;
}

/** What everybody must see while the disk takes nothing. */
export async function assertUnavailable(rig: DiskRig, said: RegExp): Promise<void> {
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
export async function assertRecovered(rig: DiskRig): Promise<void> {
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

/** The largest file of the outbox of this name. */
export function findFile(directory: string, pattern: RegExp): string {
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

/** Cuts a file in half. */
export const halve = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2));

/** Starts, pushes 200 events, is killed, gets damaged, and starts again; then Statsig takes what is left. @returns what /readyz said before that */
export async function damageAndRevive(
  rig: DiskRig,
  damage: (outbox: string) => void,
  inTable = false,
): Promise<string> {
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

/** Ids of what was accepted and did not come. */
export function missingOf({ accepted, delivered }: DiskRig): readonly string[] {
  const found = new Set(delivered);
  return accepted.filter((id) => !found.has(id));
}

/** Bytes of the files that were kept for people to look at. */
function keptBytes(outbox: string): number {
  const kept = readdirSync(outbox).filter((name) => name === 'lost' || name.startsWith('broken-'));
  const files = kept.flatMap((name) => readdirSync(join(outbox, name)).map((file) => join(outbox, name, file)));
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

/** What becomes of the newest writes, and of what says which files there are. */
export const DAMAGES = {
  'flipped bytes in the newest writes': (outbox: string) => flipBytes(findFile(outbox, /\.log$/)),
  'flipped bytes in the list of files': (outbox: string) => flipBytes(findFile(outbox, /^MANIFEST-/)),
  'an empty list of files': (outbox: string) => truncateSync(findFile(outbox, /^MANIFEST-/), 0),
  'no file that says which list of files': (outbox: string) => rmSync(join(outbox, 'CURRENT')),
};

/** What becomes of the files that older writes are in. */
export const TABLE_DAMAGES = {
  'flipped bytes in a table': (outbox: string) => flipBytes(findFile(outbox, /\.ldb$/)),
  'a table cut in half': (outbox: string) => halve(findFile(outbox, /\.ldb$/)),
  'a table that is gone': (outbox: string) => rmSync(findFile(outbox, /\.ldb$/)),
};

/** @param inTable the events are in a table when they are harmed, not in the log */
export async function assertDamageIsSaid(
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

/** Pushes until one is refused. */
export async function pushUntilRefused(rig: DiskRig): Promise<string> {
  let refusal = '';
  await until(async () => {
    const { status, text } = await rig.push(3);
    if (status === 200) return false;
    assert.equal(status, 503, text);
    refusal = text;
    return true;
  }, 'a push is refused');
  return refusal;
}

/** What was accepted has come, once. */
export function assertNothingMissing(accepted: readonly string[], delivered: readonly string[]): void {
  const found = new Set(delivered);
  assert.deepEqual(
    accepted.filter((id) => !found.has(id)),
    [],
  );
  assert.equal(found.size, delivered.length, 'nothing comes twice');
}
