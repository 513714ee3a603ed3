// The file that npx runs is there before a build, and can be executed after one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

test('the command of the package says what is missing before a build, and runs after one', (context) => {
  const { bin, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const file: string = bin['statsig-cdp'];
  assert.doesNotMatch(file, /^(?:\.\/)?dist\//, 'a build makes dist anew, with files that cannot be executed');
  const clone = temporaryDirectory(context);
  for (const name of ['package.json', 'manifest.json', file]) cpSync(join(ROOT, name), join(clone, name));
  const run = () => spawnSync(join(clone, file), ['--version'], { encoding: 'utf8' });

  const before = run();
  assert.deepEqual([before.status, before.stdout], [1, '']);
  assert.equal(before.stderr, 'statsig-cdp is not built yet. Run: npm ci && npm run build\n');

  symlinkSync(join(CLI, '../..'), join(clone, 'dist'));
  const after = run();
  assert.deepEqual([after.status, after.stdout.trim(), after.stderr], [0, version, '']);
});
