// Every fixture says what it is, and no file of the project holds a string that looks like a live key.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const KEY = /(secret|console|client)-[A-Za-z0-9]{20,}/;

const FOLDERS = [
  'audiences',
  'audiences/sequences',
  'deletions',
  'inbound',
  'outbound',
  'rudderstack',
  'segment',
  'sources',
  'statsig',
  'tracking-api',
];

const fixtures = FOLDERS.flatMap((folder) => loadFixtures<FixtureHead>(folder));

test('every fixture has a title of its own, a reason and a source', () => {
  const titles = new Set<string>();
  for (const [file, { title, why, source }] of fixtures) {
    assert.ok(!titles.has(title), `${file}: the title is taken: ${title}`);
    titles.add(title);
    assert.ok(why.length > 10, `${file}: why`);
    assert.ok(['recorded', 'documented', 'derived'].includes(source.kind), `${file}: source.kind`);
    assert.ok(source.from.length > 3, `${file}: source.from`);
  }
});

function files(directory: string): string[] {
  return readdirSync(`${ROOT}${directory}`, { recursive: true, encoding: 'utf8' })
    .map((name) => `${directory}/${name}`)
    .filter((name) => statSync(ROOT + name).isFile());
}

test('nothing looks like a live key', () => {
  for (const file of [...files('fixtures'), ...files('docs'), 'README.md', 'manifest.json']) {
    assert.doesNotMatch(readFileSync(ROOT + file, 'utf8'), KEY, file);
  }
});
