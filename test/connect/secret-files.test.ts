// Secrets that connecting makes: once, however often it is run.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConnectError } from '../../src/connect/connection.js';
import { makeSecretFile } from '../../src/connect/secret-files.js';
import { temporaryDirectory } from '../../testkit/settings.js';

test('a secret is made where there is none; one that is there is taken and its file left as it is', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'secrets', 'shop-segment-header');
  const made = await makeSecretFile(file);
  assert.match(made.reveal(), /^[0-9a-f]{64}$/);
  const kept = () => [readFileSync(file, 'utf8'), statSync(file).mode & 0o777, statSync(file).ino];
  const first = kept();
  assert.deepEqual(first.slice(0, 2), [`${made.reveal()}\n`, 0o600]);
  assert.equal((await makeSecretFile(file)).reveal(), made.reveal());
  assert.deepEqual(kept(), first);
  assert.notEqual((await makeSecretFile(`${file}-2`)).reveal(), made.reveal());

  const theirs = join(directory, 'theirs');
  writeFileSync(theirs, '  put-there-by-a-person\n\n', { mode: 0o640 });
  assert.equal((await makeSecretFile(theirs)).reveal(), 'put-there-by-a-person');
  assert.equal(readFileSync(theirs, 'utf8'), '  put-there-by-a-person\n\n');
});

test('a file that is empty or no file is told, and nothing is made in its place', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'empty');
  writeFileSync(file, '\n');
  const told = (message: RegExp) => (error: unknown) =>
    error instanceof ConnectError && error.code === 'settings' && message.test(error.message);
  await assert.rejects(makeSecretFile(file), told(/empty is empty: put the secret into it, or remove it\.$/));
  assert.equal(readFileSync(file, 'utf8'), '\n');
  await assert.rejects(makeSecretFile(directory), told(/cannot be read \(EISDIR\)/));
  assert.ok(!existsSync(join(directory, 'secrets')));
});
