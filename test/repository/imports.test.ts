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

test('only what a shared outbox needs loads PostgreSQL: neither a start with an embedded one does, nor the command', () => {
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
  const found = new Set(['src/server/serve.ts', 'src/cli/index.ts', 'src/index.ts']);
  for (const file of found) for (const next of loads.get(file) ?? []) found.add(next);
  assert.ok(found.size > 300, 'the imports are followed');
  assert.ok(!found.has('pg'), [...found].filter((file) => loads.get(file)?.includes('pg')).join(', '));
});
