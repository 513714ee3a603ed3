// Imports go one way: src is read from top to bottom as the data flows, and no file needs one of a folder above it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** The folders of src, from top to bottom. */
const ORDER = [
  ...[
    'index.ts',
    'convert.ts',
    'cli',
    'replay',
    'record',
    'contract',
    'library',
    'server',
    'console',
    'operate',
    'connect',
    'functions',
    'convert',
    'sources',
    'targets',
    'dispatch',
    'ingest',
    'outbox',
  ],
  ...['statsig', 'settings', 'transform', 'call', 'http', 'level', 'postgres', 'model', 'base'],
];

/** What the folders beside src may import of each other. */
const BESIDE: ReadonlyMap<string, readonly string[]> = new Map([
  ['src', []],
  ['testkit', ['src']],
  ['test', ['src', 'testkit', 'scripts']],
  ['proof', ['src', 'testkit', 'bench', 'scripts']],
  ['bench', ['src', 'testkit']],
  ['e2e', ['src', 'testkit']],
  ['scripts', ['src']],
]);

interface Import {
  /** From the root of the project. */
  readonly from: string;
  readonly to: string;
}

function importsOf(folder: string): readonly Import[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const from = join(folder, file);
    const text = readFileSync(join(ROOT, from), 'utf8');
    return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)].map(([, path = '']) => ({
      from,
      to: relative(ROOT, join(ROOT, dirname(from), `${path}.ts`)),
    }));
  });
}

const partOf = (path: string, at: number) => path.split('/')[at] ?? '';

test('each folder of src has its place in the order', () => {
  assert.deepEqual(readdirSync(join(ROOT, 'src')).sort(), [...ORDER].sort());
});

test('no import of src points back up', () => {
  const all = importsOf('src');
  assert.ok(all.length > 500, 'the imports are read');
  const back = all.filter(({ from, to }) => ORDER.indexOf(partOf(to, 1)) < ORDER.indexOf(partOf(from, 1)));
  assert.deepEqual(back, []);
});

for (const [folder, allowed] of BESIDE) {
  test(`${folder} imports ${allowed.join(', ') || 'nothing beside itself'} only`, () => {
    const others = importsOf(folder).filter(({ to }) => ![folder, ...allowed].includes(partOf(to, 0)));
    assert.deepEqual(others, []);
  });
}

test('the process loads all of its code at its start: later a file may not be to be had, and Node keeps that failure for ever', () => {
  const late = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      !name.startsWith('cli/') &&
      /\bawait import\(|\bimport\('\./.test(readFileSync(join(ROOT, 'src', name), 'utf8')),
  );
  assert.deepEqual(
    late,
    [
      'server/main.ts',
      'server/open-log.ts',
      'server/open-outbox.ts',
      'server/open-shared.ts',
      'server/workers/start.ts',
    ],
    'each before anything is listened to',
  );
});

/** Files that are started by their names, as `new URL('./yaml-thread.js', import.meta.url)`. */
function startedByName(): readonly string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, 'src', file), 'utf8');
      return [...text.matchAll(/new URL\('\.\/([\w-]+)\.js', import\.meta\.url\)/g)].map(([, name = '']) => name);
    });
}

/** What each file of src loads when it is loaded: types alone are none of it. */
function loadsOfAll(): ReadonlyMap<string, readonly string[]> {
  const loads = new Map<string, string[]>();
  for (const file of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const from = join('src', file);
    const text = readFileSync(join(ROOT, from), 'utf8').replaceAll(/\bimport type [^;]*;/g, '');
    const names = [...text.matchAll(/^(?:import|export|\}) (?:[^;']*\bfrom )?'([^']+)';/gm)].map(
      ([, name = '']) => name,
    );
    loads.set(
      from,
      names.map((name) =>
        name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), name)).replace(/\.js$/, '.ts') : name,
      ),
    );
  }
  return loads;
}

/** All that is loaded with files. */
function loadedWith(loads: ReadonlyMap<string, readonly string[]>, files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files);
  for (const file of found) for (const next of loads.get(file) ?? []) found.add(next);
  return found;
}

test('only what a shared outbox needs loads PostgreSQL: neither a start with an embedded one does, nor the command', () => {
  const loads = loadsOfAll();
  const found = loadedWith(loads, ['src/server/serve.ts', 'src/cli/index.ts', 'src/index.ts']);
  assert.ok(found.size > 300, 'the imports are followed');
  assert.ok(!found.has('pg'), [...found].filter((file) => loads.get(file)?.includes('pg')).join(', '));
});

test('a start loads nothing of connecting, which the console does in threads', () => {
  const loads = loadsOfAll();
  const ofConnect = (found: ReadonlySet<string>) => [...found].filter((file) => file.startsWith('src/connect/'));
  assert.deepEqual(ofConnect(loadedWith(loads, ['src/server/serve.ts', 'src/index.ts'])), []);
  assert.ok(ofConnect(loadedWith(loads, ['src/operate/connect/connect-thread.ts'])).length > 5, 'the thread has it');
});

test('each thread and child process lies beside what starts it, in the bundles of the process and of the library', () => {
  // A library has no workers.
  const started = startedByName().filter((name) => name !== 'worker');
  assert.ok(started.length > 3, 'they are found');
  const missing = ['scripts/bundle.ts', 'scripts/library/library-bundle.ts'].flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return started.filter((name) => !text.includes(`${name}'`)).map((name) => `${name} in ${file}`);
  });
  assert.deepEqual(missing, []);
});
