// `npm start`: serves. In a clone, what is served is built before, where it is older than what it is made of; a package has nothing to build.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A build writes it last. */
const BUILT = join(ROOT, 'dist/bundle/licences.txt');

/** What a build reads. Folders count with all that is in them, so that a file which is gone counts, too. */
const SOURCES = ['src', 'scripts', 'manifest.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** When the file, or what is below the folder, was changed last. */
function changedAt(path) {
  const { mtimeMs } = statSync(path);
  const entries = statSync(path).isDirectory() ? readdirSync(path) : [];
  return Math.max(mtimeMs, ...entries.map((name) => changedAt(join(path, name))));
}

function isStale() {
  if (!existsSync(BUILT)) return true;
  const builtAt = statSync(BUILT).mtimeMs;
  return SOURCES.some((name) => existsSync(join(ROOT, name)) && changedAt(join(ROOT, name)) > builtAt);
}

/** @returns whether there is something to serve */
function build() {
  if (existsSync(join(ROOT, 'node_modules/typescript')) && existsSync(join(ROOT, 'node_modules/esbuild')))
    return (
      spawnSync('npm', ['run', '--silent', 'build'], {
        cwd: ROOT,
        stdio: 'inherit',
        shell: process.platform === 'win32',
      }).status === 0
    );
  if (!existsSync(BUILT)) {
    console.error(
      'statsig-cdp is not built, and what builds it is not installed. Run: npm ci && npm run build. After that npm ci --omit=dev is enough to start it.',
    );
    return false;
  }
  console.error(
    'What is built is older than the sources, and is served as it is: what builds it is not installed. Run: npm ci && npm run build',
  );
  return true;
}

// A package has no sources.
if (!existsSync(join(ROOT, 'src')) || !isStale() || build()) await import('../dist/bundle/main.js');
else process.exitCode = 1;
