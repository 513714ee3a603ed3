// A command loads what it needs: to say a version or a help takes none of the packages that serve.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { MAIN } from '../../testkit/programs.js';

/** As modules: which of them are loaded can be seen, and the bundle has its parts from them. */
const CLI = new URL('../../src/cli/index.js', import.meta.url).pathname;

/** Refuses every package but the command line's own, and its own package.json. */
const HOOK = `export const resolve = async (name, context, next) => {
  if (!/^(?:node:|file:|\\.|commander$|statsig-cdp.package)/.test(name)) throw new Error(name + ' is loaded');
  return next(name, context);
};`;
const PRELOAD = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOK)}));`;

async function run(...args: string[]): Promise<string> {
  const preload = `data:text/javascript,${encodeURIComponent(PRELOAD)}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', preload, CLI, ...args]);
  return stdout;
}

test('--version and --help load nothing that serves', async () => {
  assert.match(await run('--version'), /^\d+\.\d+\.\d+\n$/);
  const help = await run('--help');
  for (const name of [
    'serve',
    'check',
    'transform',
    'replay',
    'manifest',
    'dead-letters',
    'deletions',
    'outbox',
    'waiting',
  ])
    assert.match(help, new RegExp(`^ {2}${name}[ |]`, 'm'));
});

test('the guard sees what is loaded', async () => {
  await assert.rejects(run('start'), / is loaded/);
});

test('the help of a command tells its options', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'help', 'transform']);
  assert.match(stdout, /--settings/);
});

test('functions of the joined files are not named anew whenever one is made, which costs more than what they do', async () => {
  const folder = dirname(MAIN);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  assert.ok(files.length > 3);
  for (const file of files) assert.doesNotMatch(await readFile(join(folder, file), 'utf8'), /\b__name\(/, file);
});
