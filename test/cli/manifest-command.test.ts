// The command that prints the manifest or writes RudderStack's definition files.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { Command } from 'commander';
import { addManifestCommand } from '../../src/cli/manifest.js';
import { manifest } from '../../src/settings/manifest.js';

const temporary = mkdtempSync(join(tmpdir(), 'definition-'));
after(() => rmSync(temporary, { recursive: true }));

/** Runs the command line and gives back what it wrote to stdout and stderr. */
function run(...args: string[]): { out: string; err: string } {
  let err = '';
  const program = new Command('statsig-cdp').exitOverride().configureOutput({ writeErr: (text) => (err += text) });
  addManifestCommand(program.command('manifest'));
  const log = mock.method(console, 'log', () => undefined);
  try {
    program.parse(['manifest', ...args], { from: 'user' });
  } catch (error) {
    assert.ok(error instanceof Error && 'exitCode' in error && error.exitCode === 1, String(error));
  } finally {
    log.mock.restore();
  }
  return { out: log.mock.calls.flatMap((call): unknown[] => call.arguments).join('\n'), err };
}

test('prints the manifest as JSON', () => {
  assert.deepEqual(JSON.parse(run().out), manifest);
});

test('--rudderstack writes four files, also into a new directory, and prints their paths', () => {
  const dir = join(temporary, 'new');
  const paths = run('--rudderstack', dir).out.split('\n');
  assert.deepEqual(paths, [
    join(dir, 'destinations/statsig/db-config.json'),
    join(dir, 'destinations/statsig/schema.json'),
    join(dir, 'destinations/statsig/ui-config.json'),
    join(dir, 'sources/statsig/db-config.json'),
  ]);
  const contents = paths.map((path) => Object.keys(JSON.parse(readFileSync(path, 'utf8'))));
  assert.deepEqual(contents, [
    ['name', 'displayName', 'config'],
    ['configSchema'],
    ['uiConfig'],
    ['name', 'category', 'displayName', 'type'],
  ]);
});

test('says so when the directory cannot be written', () => {
  const file = join(temporary, 'file');
  writeFileSync(file, '');
  const { out, err } = run('--rudderstack', file);
  assert.equal(out, '');
  assert.match(err, /^The definition files cannot be written: ENOTDIR/);
  assert.equal(existsSync(join(file, 'destinations')), false);
});
