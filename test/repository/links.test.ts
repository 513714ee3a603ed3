// Links of the pages lead to files and headings that there are, and every page can be reached from the index.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;
const INDEX = 'docs/README.md';

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const withoutCode = (text: string) => text.replace(/^ *```[\s\S]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors of a page, as GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

interface Link {
  readonly page: string;
  readonly path: string;
  readonly anchor: string;
}

function linksOf(page: string): readonly Link[] {
  return [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(?:https?:|mailto:|\.\.\/\.\.\/actions\/)/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { page, path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

test('links lead to what there is', () => {
  const links = pages.flatMap(linksOf);
  assert.ok(links.length > 100);
  const broken = links.filter(({ path, anchor }) => {
    if (!existsSync(join(ROOT, path))) return true;
    return anchor !== '' && path.endsWith('.md') && !anchorsOf(path).has(anchor);
  });
  assert.deepEqual(broken, []);
});

test('every page is in the index', () => {
  const inIndex = new Set(linksOf(INDEX).map(({ path }) => path));
  assert.deepEqual(
    pages.filter((page) => page.startsWith('docs/') && page !== INDEX && !inIndex.has(page)),
    [],
  );
});
