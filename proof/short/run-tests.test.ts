// The runner: a test that ends its process takes the files beside it along, and each of them is told of all the same.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { TEST_POSTGRES_URL } from '../../testkit/postgres.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const TESTKIT = new URL('../../testkit/', import.meta.url).pathname;

/** What the runner is made of. */
const PARTS = [
  'run-tests.js',
  'test-groups.js',
  'test-report.js',
  'free-port.js',
  'postgres.js',
  'postgres-cluster.js',
];

/** A package with these tests, by the names of their files. */
function packageWith(context: TestContext, bodies: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory(context);
  for (const folder of ['some', 'dist/some', 'dist/testkit']) mkdirSync(join(root, folder), { recursive: true });
  for (const name of PARTS) cpSync(join(TESTKIT, name), join(root, 'dist/testkit', name));
  symlinkSync(join(TESTKIT, '..', 'src'), join(root, 'dist/src'));
  symlinkSync(join(TESTKIT, '..', '..', 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(join(root, 'some', `${name}.test.ts`), '');
    const code = `import { test } from 'node:test'; test('of ${name}', () => { ${body} });`;
    writeFileSync(join(root, 'dist/some', `${name}.test.js`), code);
  }
  return root;
}

/** Runs them. @returns what it printed */
async function runAll(root: string): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...others } = process.env;
  // One that is given is used: none has to be started, and these tests ask none.
  const env = { ...others, [TEST_POSTGRES_URL]: 'postgres://127.0.0.1:1/none' };
  const child = spawn(process.execPath, ['dist/testkit/run-tests.js', 'some'], { cwd: root, env });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 1);
  return output;
}

// Not by its name, which would give a file a process of its own.
const ITSELF = "globalThis['process']";

test('what shared a process with a failure is run once more, each file alone', async (context) => {
  const output = await runAll(packageWith(context, { first: '', ends: `${ITSELF}['exit'](3)`, last: '' }));
  assert.match(output, /✔ of first/);
  assert.match(output, /✔ of last/);
  assert.match(output, /^failed: some\/ends\.test\.js \(alone\)\n {4}testCodeFailure: test failed \(exit code 3\)$/m);
});

test('a failure says why: of a test its error, of a process how it ended and what it said last', async (context) => {
  const root = packageWith(context, {
    fails: "throw new Error('not the same')",
    late: "setTimeout(() => { throw new Error('after the end'); }, 100)",
    dies: `console.error('last words'); ${ITSELF}.kill(${ITSELF}.pid, 'SIGKILL')`,
  });
  const output = await runAll(root);
  const [, told = ''] = output.split('The slowest tests');
  assert.match(told, /^failed: some\/fails\.test\.js: of fails \(alone\)\n {4}testCodeFailure: not the same$/m);
  assert.match(
    told,
    /^failed: some\/dies\.test\.js \(alone\)\n {4}.*\(signal SIGKILL\)\n(?: {4}.*\n)*? {4}stderr: last words$/m,
  );
  assert.match(told, /^failed: some\/late\.test\.js \(alone\)\n {4}.*\(exit code 1\)\n {4}Error: .*after the end/m);
});
