// The project speaks in the words of docs/glossary.md: what is retired there is used nowhere.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;
const GLOSSARY = 'docs/glossary.md';
const FOLDERS = ['bin', 'deploy', 'src', 'testkit', 'test', 'proof', 'bench', 'e2e', 'scripts', 'docs', 'fixtures'];
const FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'manifest.json'];

interface Quotation {
  readonly file: string;
  /** A part of its line. */
  readonly line: string;
  /** Why the word may stand there. */
  readonly reason: string;
}

/** Places that quote another's words. */
const QUOTATIONS: readonly Quotation[] = [];

interface Use {
  readonly file: string;
  readonly line: number;
  readonly word: string;
}

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** First cells of the table under a heading of the glossary. */
function cellsUnder(heading: string): readonly string[] {
  const [, section = ''] = read(GLOSSARY).split(`\n## ${heading}\n`);
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => (row.split('|')[1] ?? '').trim());
}

/** Words and phrases; a `*` stands for any end. */
const retired = cellsUnder('Retired words').flatMap((cell) => cell.split(', '));

/** Between two words of a phrase a comment may go on in its next line. */
const GAP = String.raw`\s+(?:(?:\*|\/\/)\s+)?`;

function patternOf(words: readonly string[]): RegExp {
  const each = words.map((word) =>
    word
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[a-z]*')
      .replaceAll(' ', GAP),
  );
  return new RegExp(`(?<![a-z])(?:${each.join('|')})(?![a-z])`, 'g');
}

/** Names as the words that they are made of, in lines that stay where they are. */
const asWords = (text: string) =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/(?<=[A-Za-z])[_-](?=[A-Za-z])/g, ' ')
    .toLowerCase();

function usesIn(file: string, text: string, pattern: RegExp): readonly Use[] {
  const words = asWords(text);
  return [...words.matchAll(pattern)].map(({ 0: word, index }) => ({
    file,
    line: words.slice(0, index).split('\n').length,
    word,
  }));
}

function filesToRead(): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...FILES, ...inFolders].filter(
    (file) => /\.(?:ts|js|md|json|ya?ml|conf|service)$|\b(?:Dockerfile|Caddyfile)$/.test(file) && file !== GLOSSARY,
  );
}

const isQuotation = ({ file, line }: Use) =>
  QUOTATIONS.some((quotation) => quotation.file === file && read(file).split('\n')[line - 1]?.includes(quotation.line));

test('retired words are found alone, in names, in file names and across the lines of a comment', () => {
  const pattern = patternOf(['wug', 'blick*', 'dax again', 'for wugs']);
  const found = (text: string) => usesIn('any', text, pattern).map(({ word }) => word.replace(/\s.*\s/s, ' '));
  assert.deepEqual(found('const wugOf = forWugs;'), ['wug', 'for wugs']);
  assert.deepEqual(found('WUG, the-wug.ts, WUG_ID'), ['wug', 'wug', 'wug']);
  assert.deepEqual(found('blicked\n// They dax\n// again, or dax\n   * again'), ['blicked', 'dax again', 'dax again']);
  assert.deepEqual(found('wugged, oblick, wugsID, dax against'), []);
  assert.deepEqual(usesIn('any', 'a\nb wug', pattern), [{ file: 'any', line: 2, word: 'wug' }]);
});

test('no file uses a retired word', () => {
  assert.ok(retired.length > 10, 'the table is read');
  const pattern = patternOf(retired);
  const files = filesToRead();
  assert.ok(files.length > 500, 'the files are read');
  const uses = files.flatMap((file) => [...usesIn(file, read(file), pattern), ...usesIn(file, file, pattern)]);
  assert.deepEqual(
    uses.filter((use) => !isQuotation(use)),
    [],
  );
});

test('each quotation is still there', () => {
  for (const { file, line, reason } of QUOTATIONS) assert.ok(read(file).includes(line), `${file}: ${line} (${reason})`);
});

test('the glossary has each word once, and in use', () => {
  const words = cellsUnder('Retired words').length > 0 ? read(GLOSSARY).split('\n## Retired words\n')[0] : '';
  const cells = [...(words ?? '').matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell).slice(2);
  assert.ok(cells.length >= 20);
  assert.equal(new Set(cells).size, cells.length);
  const pattern = patternOf(retired);
  assert.deepEqual(usesIn(GLOSSARY, words ?? '', pattern), []);
});
