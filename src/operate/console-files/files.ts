// Reads the files of the console once: the page that is built with this package, and the libraries that it loads, as their packages have them.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** One file, as it is sent. */
export interface ConsoleFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** By their paths: `main.js` for `/console/main.js`; the page itself is ``. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

/** The page. */
export const PAGE = 'index.html';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Wherever npm has put the packages: beside this one, or above it. Some answer `require` with another file, which lies beside that of a browser. */
function librariesOfPage(): ReadonlyMap<string, URL> {
  return new Map([
    ['vendor/preact.js', new URL(import.meta.resolve('preact'))],
    ['vendor/preact-hooks.js', new URL(import.meta.resolve('preact/hooks'))],
    ['vendor/htm.js', new URL('./htm.mjs', import.meta.resolve('htm'))],
    ['vendor/htm-preact.js', new URL('./index.mjs', import.meta.resolve('htm/preact'))],
    ['vendor/uplot.js', new URL('./uPlot.esm.js', import.meta.resolve('uplot'))],
    ['vendor/uplot.css', new URL('./uPlot.min.css', import.meta.resolve('uplot'))],
  ]);
}

async function read(url: URL, path: string): Promise<readonly [string, ConsoleFile]> {
  const bytes = await readFile(url);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
  return [path, { bytes, contentType: TYPES.get(extname(path)) ?? 'application/octet-stream', etag }];
}

/**
 * All of them, with their paths: what is not among them is not served, whatever a request asks for.
 *
 * @throws the system's error where the page is not built, or a package not installed
 */
export async function readConsoleFiles(): Promise<ConsoleFiles> {
  const built = new URL('dist/console/', import.meta.resolve('statsig-cdp/package.json'));
  const paths = (await readdir(built, { recursive: true }))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => TYPES.has(extname(path)));
  const libraries = librariesOfPage();
  return new Map(
    await Promise.all([
      ...paths.map((path) => read(new URL(path, built), path)),
      ...[...libraries].map(([path, url]) => read(url, path)),
    ]),
  );
}
