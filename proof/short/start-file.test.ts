// `npm start` builds what is older than its sources, builds nothing else, and says what is missing where it cannot.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../testkit/settings.js';

const START = new URL('../../../bin/start.js', import.meta.url).pathname;
const BUILD = `const { mkdirSync, writeFileSync } = require('node:fs');
console.log('a build');
mkdirSync('dist/bundle', { recursive: true });
writeFileSync('dist/bundle/main.js', 'console.log("serves")');
writeFileSync('dist/bundle/licences.txt', '');`;

/** A project whose build and whose process only say that they run. */
function createProject(context: TestContext, files: Readonly<Record<string, string>>) {
  const root = temporaryDirectory(context);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const all = { 'package.json': '{ "type": "module", "scripts": { "build": "node build.cjs" } }', ...files };
  for (const [name, text] of Object.entries({ 'build.cjs': BUILD, ...all })) write(name, text);
  cpSync(START, join(root, 'bin/start.js'));
  return {
    root,
    write,
    date: (name: string, seconds: number) => utimesSync(join(root, name), seconds, seconds),
    start() {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/start.js'], { cwd: root, encoding: 'utf8' });
      return { status, said: stdout.trim().split('\n'), complained: stderr };
    },
  };
}

const COMPILER = { 'node_modules/typescript/package.json': '{}', 'node_modules/esbuild/package.json': '{}' };
const SOURCES = { 'src/deep/one.ts': '', 'src/two.ts': '', 'manifest.json': '{}' };
const IN_AN_HOUR = Date.now() / 1000 + 3600;

test('a clone is built at its first start and after a change of its sources, not else', (context) => {
  const clone = createProject(context, { ...COMPILER, ...SOURCES });
  const built = { status: 0, said: ['a build', 'serves'], complained: '' };
  const asItIs = { ...built, said: ['serves'] };
  assert.deepEqual(clone.start(), built);
  assert.deepEqual(clone.start(), asItIs, 'nothing has changed');

  for (const changed of ['src/deep/one.ts', 'manifest.json']) {
    clone.date(changed, IN_AN_HOUR);
    assert.deepEqual(clone.start(), built, changed);
    clone.date(changed, 0);
    assert.deepEqual(clone.start(), asItIs);
  }
  clone.date('dist/bundle/licences.txt', 1);
  for (const each of ['src', 'src/deep', 'src/two.ts', 'manifest.json', 'package.json']) clone.date(each, 0);
  rmSync(join(clone.root, 'src/deep/one.ts'));
  assert.deepEqual(clone.start(), built, 'a source is gone');
});

test('a clone whose build fails serves nothing', (context) => {
  const clone = createProject(context, { ...COMPILER, ...SOURCES, 'build.cjs': 'process.exit(3)' });
  const { status, said } = clone.start();
  assert.deepEqual([status, said], [1, ['']]);
});

test('without a compiler it says what to do, or serves what is built', (context) => {
  const clone = createProject(context, SOURCES);
  const unbuilt = clone.start();
  assert.deepEqual([unbuilt.status, unbuilt.said], [1, ['']]);
  assert.match(unbuilt.complained, /^statsig-cdp is not built, .* Run: npm ci && npm run build\b/);

  clone.write('dist/bundle/main.js', 'console.log("serves")');
  clone.write('dist/bundle/licences.txt', '');
  clone.date('dist/bundle/licences.txt', 1);
  const stale = clone.start();
  assert.deepEqual([stale.status, stale.said], [0, ['serves']]);
  assert.match(stale.complained, /^What is built is older than the sources/);
});

test('a package, which has no sources, is served as it is', (context) => {
  const program = { 'dist/bundle/main.js': 'console.log("serves")', 'dist/bundle/licences.txt': '' };
  const copy = createProject(context, { ...COMPILER, ...program });
  copy.date('dist/bundle/licences.txt', 1);
  assert.deepEqual(copy.start(), { status: 0, said: ['serves'], complained: '' });
});
