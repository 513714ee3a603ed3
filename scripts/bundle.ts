// Joins what the process and the command load into a few files: a start took twice as long with 900 small ones.
//
//   node dist/scripts/bundle.js     after tsc, as `npm run build` does

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const BUNDLE = join(ROOT, 'dist', 'bundle');

/** The programs. A thread and a child process lie beside what starts them, which names them relative to itself. */
const PROGRAMS = {
  main: join(SOURCE, 'server', 'main.js'),
  cli: join(SOURCE, 'cli', 'index.js'),
  'yaml-thread': join(SOURCE, 'settings', 'yaml-thread.js'),
  'probe-child': join(SOURCE, 'level', 'probe-child.js'),
};

/** Stays a package: it finds its compiled part beside itself. */
const NATIVE = ['classic-level'];

/** Packages in CommonJS ask for Node's own modules by `require`. */
const REQUIRE = `import { createRequire as createRequireOf } from 'node:module';
const require = createRequireOf(import.meta.url);`;

/** The licences of the packages whose code is in these files. */
function licencesOf(files: readonly string[]): string {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const name = readdirSync(join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
      const text = name === undefined ? 'see its package.json' : readFileSync(join(ROOT, folder, name), 'utf8').trim();
      return `${folder.replace(/.*node_modules\//, '')}\n\n${text}\n`;
    })
    .join('\n----\n\n');
}

rmSync(BUNDLE, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: PROGRAMS,
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: NATIVE,
  banner: { js: REQUIRE },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(BUNDLE, 'licences.txt'), licencesOf(Object.keys(metafile.inputs)));
