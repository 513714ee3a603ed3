// The owner of a database's directory takes what LevelDB does to its files for what it is.

import assert from 'node:assert/strict';
import { mkdtempSync, promises, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { Ownership } from '../../src/level/ownership.js';

/** Holds up the next question of the process for a file. */
function holdUp(context: TestContext, file: string) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const ask = promises.stat;
  let isHeld = false;
  const held = new Promise<void>((resolve) => {
    mock.method(promises, 'stat', async (...of: Parameters<typeof ask>) => {
      if (of[0] === file && !isHeld) {
        isHeld = true;
        resolve();
        await released;
      }
      return ask(...of);
    });
  });
  syncBuiltinESMExports();
  context.after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { held, release };
}

test('a look that takes long is not misled by one that saw the next log meanwhile, and a log that is gone is missed', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'ownership-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const [first, second] = [join(directory, '000001.log'), join(directory, '000002.log')];
  await writeFile(join(directory, 'CURRENT'), 'MANIFEST-000001\n');
  await writeFile(first, '');
  const ownership = new Ownership({ directory, name: 'the outbox', stake: () => undefined });
  await ownership.takeOver();
  await ownership.own();

  const { held, release } = holdUp(context, first);
  await writeFile(join(directory, '000003.ldb'), '');
  const long = ownership.look();
  await held;
  await writeFile(second, '');
  await rm(first);
  await ownership.look();
  release();
  await long;

  await writeFile(first, '');
  await rm(second);
  await assert.rejects(ownership.look(), { code: 'GONE' });
});
