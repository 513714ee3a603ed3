// Runs the tests on every version of Node that is supported, each brought by the npm package `node`.
//
//   npm run check:nodes             all
//   npm run check:nodes -- 22       one

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The even ones get security fixes for years; 20.19 is the oldest that package.json allows. */
const VERSIONS = ['20', '22', '24', '26'];

const ROOT = join(import.meta.dirname, '..', '..');

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** Whether the tests pass there. */
function passesOn(version: string): boolean {
  const prefix = mkdtempSync(join(tmpdir(), `node-${version}-`));
  try {
    if (run('npm', ['install', '--no-save', '--no-package-lock', '--prefix', prefix, `node@${version}`]) !== 0)
      return false;
    const bin = join(prefix, 'node_modules', 'node', 'bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    console.log(`\nNode ${version}`);
    run(join(bin, 'node'), ['--version'], env);
    return run(join(bin, 'node'), ['dist/testkit/run-tests.js', 'test'], env) === 0;
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
const results = (asked.length === 0 ? VERSIONS : asked).map((version) => [version, passesOn(version)] as const);
for (const [version, passes] of results) console.log(`Node ${version}: ${passes ? 'green' : 'RED'}`);
process.exitCode = results.every(([, passes]) => passes) ? 0 : 1;
