// The runner: a test that ends its process takes the files beside it along, and each of them is told of all the same.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { TEST_POSTGRES_URL } from '../../testkit/postgres.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const TESTKIT = new URL('../../testkit/', import.meta.url).pathname;

test('what shared a process with a failure is run once more, each file alone', async (context) => {
  const root = temporaryDirectory(context);
  for (const folder of ['some', 'dist/some', 'dist/testkit']) mkdirSync(join(root, folder), { recursive: true });
  const parts = [
    'run-tests.js',
    'test-groups.js',
    'test-report.js',
    'free-port.js',
    'postgres.js',
    'postgres-cluster.js',
  ];
  for (const name of parts) cpSync(join(TESTKIT, name), join(root, 'dist/testkit', name));
  symlinkSync(join(TESTKIT, '..', 'src'), join(root, 'dist/src'));
  symlinkSync(join(TESTKIT, '..', '..', 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  // Not by its name, which would give it a process of its own.
  const bodies = { first: '', ends: "globalThis['process']['exit'](3)", last: '' };
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(join(root, 'some', `${name}.test.ts`), '');
    const code = `import { test } from 'node:test'; test('of ${name}', () => { ${body} });`;
    writeFileSync(join(root, 'dist/some', `${name}.test.js`), code);
  }
  const { NODE_TEST_CONTEXT: _, ...others } = process.env;
  // One that is given is used: none has to be started, and these tests ask none.
  const env = { ...others, [TEST_POSTGRES_URL]: 'postgres://127.0.0.1:1/none' };
  const child = spawn(process.execPath, ['dist/testkit/run-tests.js', 'some'], { cwd: root, env });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 1);
  assert.match(output, /✔ of first/);
  assert.match(output, /✔ of last/);
  assert.match(output, /^failed: .*ends\.test\.js \(alone\)$/m);
});
