// `npm run generate` in a copy of the project whose code does not compile.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../../testkit/settings.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

test('generating needs no code that compiles, but that of the generator', async (context) => {
  const root = temporaryDirectory(context);
  for (const file of [
    'package.json',
    'tsconfig.json',
    'manifest.json',
    'openapi.json',
    'scripts',
    'src',
    'docs',
    'deploy',
  ])
    cpSync(join(ROOT, file), join(root, file), { recursive: true, dereference: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const types = 'src/settings/settings.generated.ts';
  const fresh = readFileSync(join(root, types), 'utf8');
  /** What it wrote. Not waited for in one piece: proofs that share the process go on. @throws with what it printed where it fails */
  const generate = () => promisify(execFile)('npm', ['run', '--silent', 'generate'], { cwd: root });

  // Stale, so that the code that uses the types does not compile.
  const stale = fresh.replaceAll('mode?:', 'modus?:');
  assert.notEqual(stale, fresh);
  writeFileSync(join(root, types), stale);
  assert.equal((await generate()).stdout, `wrote ${types}\n`);
  assert.equal(readFileSync(join(root, types), 'utf8'), fresh);
  rmSync(join(root, types));
  assert.equal((await generate()).stdout, `wrote ${types}\n`);
  assert.equal(readFileSync(join(root, types), 'utf8'), fresh);
});
