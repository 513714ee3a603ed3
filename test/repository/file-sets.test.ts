// Who knows one source knows all of them, and one target all: the same things stand in files of the same names.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SRC = new URL('../../../src/', import.meta.url).pathname;

const SOURCES = ['segment', 'statsig', 'tracking-api', 'rudderstack/sources'];
const TARGETS = ['statsig-events', 'statsig-lists', 'statsig-deletions', 'segment'];

function missingFrom(folder: string, files: readonly string[]): readonly string[] {
  const found = new Set(readdirSync(join(SRC, folder)));
  return files.filter((file) => !found.has(file));
}

for (const source of SOURCES)
  test(`the source ${source} says its routes, and how it unpacks, authenticates and responds`, () => {
    assert.deepEqual(missingFrom(`sources/${source}`, ['routes.ts', 'unpack.ts', 'authenticate.ts', 'respond.ts']), []);
  });

test('the source rudderstack does so, but for authenticating: its port is for the own network', () => {
  assert.deepEqual(missingFrom('sources/rudderstack', ['routes.ts', 'unpack.ts', 'respond.ts']), []);
});

for (const target of TARGETS)
  test(`the target ${target} says what it is, its requests and its verdicts`, () => {
    assert.deepEqual(missingFrom(`targets/${target}`, ['target.ts', 'request.ts', 'verdict.ts']), []);
  });

test('there is no other source or target', () => {
  const foldersOf = (folder: string) =>
    readdirSync(join(SRC, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  assert.deepEqual(foldersOf('targets'), [...TARGETS].sort());
  assert.deepEqual(foldersOf('sources'), ['rudderstack', 'segment', 'statsig', 'tester', 'tracking-api']);
});
