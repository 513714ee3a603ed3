// The outbox on a disk that cannot be used: it says so, takes nothing, and works again when the disk does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
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
import { startLimitedAppender } from '../../testkit/outbox-limited.js';

/** So big that a small disk is soon full, and hard to compress. */
const bulky = (id: string) => event(id, { payload: Array.from({ length: 2000 }, () => Math.random()).join() });

/** Mounts a file system in memory for the test. @returns its path, or `undefined` where that is not allowed */
function mountSmallDisk(context: TestContext, options: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'disk-'));
  let mounted = false;
  context.after(() => {
    if (mounted) execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true, force: true });
  });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    context.skip('mounting a file system is not permitted here');
    return undefined;
  }
  mounted = true;
  return path;
}

test('a path that is no directory: it opens, refuses with the reason, and works once the path is free', async (context) => {
  const directory = outboxDirectory(context);
  const obstacle = join(dirname(directory), 'file');
  writeFileSync(obstacle, '');
  const log = awaitableLog();
  const works = log.logged('works again');
  const outbox = await openOnDisk(context, join(obstacle, 'outbox'), {}, log);
  const { ok, problem } = outbox.lastStatus();
  assert.equal(ok, false);
  assert.match(problem ?? '', /^ENOTDIR/);
  await assert.rejects(outbox.append([event('a')]), { code: 'OUTBOX_UNAVAILABLE', message: /ENOTDIR/ });
  await assert.rejects(outbox.redeliver('d:acme:1800000000000:0000000000000001'), { code: 'OUTBOX_UNAVAILABLE' });
  await assert.rejects(async () => {
    for await (const _ of outbox.deadLetters()) assert.fail('there is none');
  }, PluginError);
  assert.deepEqual(await claimAll(outbox), []);
  assert.equal(await outbox.nextDueAt(ACME), undefined);
  rmSync(obstacle);
  await works;
  assert.deepEqual(outbox.lastStatus(), { at: START, ok: true, bytes: 0, lanes: [] });
  assert.deepEqual(await outbox.append([event('a')]), ['accepted']);
});

test('it can be closed while the disk cannot be used', async (context) => {
  const directory = outboxDirectory(context);
  writeFileSync(directory, '');
  const outbox = await openOnDisk(context, directory);
  await outbox.close();
  assert.equal(outbox.lastStatus().ok, false);
});

test('a directory that another outbox has open: it says so and takes over when the other closes', async (context) => {
  const directory = outboxDirectory(context);
  const first = await openOnDisk(context, directory);
  await first.append([event('a')]);
  const log = awaitableLog();
  const works = log.logged('works again');
  const second = await openOnDisk(context, directory, {}, log);
  assert.match(second.lastStatus().problem ?? '', /another process has the outbox open/);
  await assert.rejects(second.append([event('b')]), { code: 'OUTBOX_UNAVAILABLE', message: /LEVEL_LOCKED/ });
  assert.deepEqual(await first.append([event('b')]), ['accepted'], 'the first is not disturbed');
  await first.close();
  await works;
  assert.deepEqual(idsOf(await claimAll(second)), ['a', 'b']);
});

test('a full disk: calls are refused, nothing is lost, and it works again once there is room', async (context) => {
  const disk = mountSmallDisk(context, 'size=6m');
  if (disk === undefined) return;
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(3 << 20));
  const log = awaitableLog();
  const works = log.logged('works again');
  const outbox = await openOnDisk(context, join(disk, 'outbox'), {}, log);
  const accepted: string[] = [];
  const refusals: unknown[] = [];
  for (let turn = 0; turn < 500 && refusals.length === 0; turn += 1) {
    const ids = [`${turn}-a`, `${turn}-b`];
    const results = await Promise.allSettled(ids.map((id) => outbox.append([bulky(id)])));
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') accepted.push(ids[index] ?? '');
      else refusals.push(result.reason);
    });
  }
  const [refusal] = refusals;
  assert.ok(refusal instanceof PluginError && refusal.code === 'OUTBOX_UNAVAILABLE');
  assert.match(refusal.message, /ENOSPC/);
  assert.match(outbox.lastStatus().problem ?? '', /^ENOSPC/);
  await assert.rejects(outbox.append([event('while full')]), { code: 'OUTBOX_UNAVAILABLE', message: /ENOSPC/ });
  const woken = new Promise<string>((resolve) => outbox.onAppend(resolve));
  rmSync(ballast);
  await works;
  assert.equal(await woken, ACME);
  assert.equal(outbox.lastStatus().problem, undefined);
  assert.deepEqual(await outbox.append([event('after')]), ['accepted']);
  const found = idsOf(await claimAll(outbox)).map(String);
  assert.equal(new Set(found).size, found.length);
  assert.deepEqual(
    [...accepted, 'after'].filter((id) => !found.includes(id)),
    [],
  );
});

test('a claimed delivery whose settling failed stays claimed, and can be settled once the disk is back', async (context) => {
  const disk = mountSmallDisk(context, 'size=6m');
  if (disk === undefined) return;
  const log = awaitableLog();
  const works = log.logged('works again');
  const outbox = await openOnDisk(context, join(disk, 'outbox'), {}, log);
  await outbox.append([event('a'), event('b')]);
  const [a, b] = await claimAll(outbox);
  assert.ok(a && b);
  const ballast = join(disk, 'ballast');
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(8 << 20)), { code: 'ENOSPC' });
  const settlement = { kind: 'putBack' } as const;
  // Log pages that are there already take a little more.
  await assert.rejects(async () => {
    for (let turn = 0; turn < 100; turn += 1) await outbox.append([bulky(`filler-${turn}`)]);
  });
  await assert.rejects(outbox.settle([{ ...settlement, delivery: a }]), { code: 'OUTBOX_UNAVAILABLE' });
  rmSync(ballast);
  await works;
  const others = idsOf(await claimAll(outbox));
  assert.ok(!others.includes('a') && !others.includes('b'));
  await outbox.settle([
    { ...settlement, delivery: a },
    { kind: 'delivered', delivery: b },
  ]);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a']);
});

test('a disk that only reads: it refuses until the disk takes writes', async (context) => {
  const disk = mountSmallDisk(context, 'size=20m,ro');
  if (disk === undefined) return;
  const log = awaitableLog();
  const works = log.logged('works again');
  const outbox = await openOnDisk(context, join(disk, 'outbox'), {}, log);
  assert.match(outbox.lastStatus().problem ?? '', /^EROFS/);
  await assert.rejects(outbox.append([event('a')]), { code: 'OUTBOX_UNAVAILABLE', message: /EROFS/ });
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  await works;
  assert.deepEqual(await outbox.append([event('a')]), ['accepted']);
});

test('a write that breaks off in the middle: it goes on by itself, and all that was acknowledged is there once', {
  timeout: 60_000,
}, async (context) => {
  const directory = outboxDirectory(context);
  const { child, lines } = startLimitedAppender(directory);
  const accepted: string[] = [];
  const codes: string[] = [];
  lines.on('line', (line: string) => {
    const { id, code } = JSON.parse(line) as { id?: string; code?: string };
    if (id !== undefined) accepted.push(id);
    if (code !== undefined) codes.push(code);
  });
  const [exitCode] = await once(child, 'close');
  assert.equal(exitCode, 0);
  assert.match(codes[0] ?? '', /EFBIG/);
  assert.equal(accepted.at(-1), 'after');
  const outbox = await openOnDisk(context, directory);
  assert.equal(outbox.lastStatus().problem, undefined);
  const found = idsOf(await claimAll(outbox)).map(String);
  assert.equal(new Set(found).size, found.length);
  assert.deepEqual(
    accepted.filter((id) => !found.includes(id)),
    [],
  );
});
