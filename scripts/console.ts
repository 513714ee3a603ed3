// Writes the files of the console, one for each of its modules: the browser loads them as they are, with the packages' own files beside them.
//
//   node dist/scripts/console.js     after tsc, as `npm run build` does

import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'src', 'console');
const TARGET = join(ROOT, 'dist', 'console');

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });

rmSync(TARGET, { recursive: true, force: true });
await build({
  entryPoints: files.filter((file) => file.endsWith('.ts')).map((file) => join(SOURCE, file)),
  outbase: SOURCE,
  outdir: TARGET,
  bundle: false,
  format: 'esm',
  target: 'es2023',
  legalComments: 'none',
  logLevel: 'warning',
});
for (const file of files.filter((name) => /\.(html|css|svg)$/.test(name))) {
  mkdirSync(dirname(join(TARGET, file)), { recursive: true });
  copyFileSync(join(SOURCE, file), join(TARGET, file));
}
