// `statsig-cdp conformance` over every fixture and protocol: everything holds against processes that it starts, and nothing is unseen; against one that runs already, what it can show.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Counts } from '../../src/contract/conformance/outcome.js';
import { readFixtures } from '../../src/contract/read-fixtures.js';
import { serve } from '../../testkit/loopback.js';
import { CLI } from '../../testkit/programs.js';
import { startProcess } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

interface Report {
  readonly counts: Counts;
  readonly protocols: Readonly<Record<string, Counts>>;
}

/** The command's exit code and what it prints. A report of thousands of rows is large. */
function conformance(...options: readonly string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const args = [CLI, 'conformance', ...options];
    execFile(process.execPath, args, { maxBuffer: 100_000_000 }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
    );
  });
}

function scratch(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  context.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }));
  return directory;
}

test('every fixture of every protocol holds against the process of this package', async (context) => {
  const junit = join(scratch(context), 'report.xml');
  const { code, output, errors } = await conformance('--json', '--junit', junit);
  const { counts, protocols }: Report = JSON.parse(output);
  assert.equal(code, 0, errors + output.slice(0, 5_000));
  const all = readFixtures();
  assert.deepEqual(counts, { held: all.length, failed: 0, unseen: 0 });
  assert.deepEqual(Object.keys(protocols).sort(), ['operations', 'rudderstack', 'segment', 'statsig', 'trackingApi']);
  const xml = readFileSync(junit, 'utf8');
  assert.equal(xml.match(/<testcase /g)?.length, all.length);
});

test('a process that runs and watches a directory is given the settings, and shows all but what needs another process', async (context) => {
  const directory = scratch(context);
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  const plugin = await startProcess({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    SINGLE_PORT: 'true',
  });
  context.after(() => plugin.stop());
  const { code, output, errors } = await conformance('--url', plugin.url, '--settings-dir', settings, '--json');
  assert.equal(code, 0, errors);
  const { counts }: Report = JSON.parse(output);
  const inOthers = readFixtures().filter(
    ({ fixture: { environment, alone, stopping } }) => environment !== undefined || alone || stopping,
  );
  assert.deepEqual([counts.failed, counts.unseen], [0, inOthers.length]);
  assert.deepEqual(readdirSync(settings), []);
});

test('a run that is given up takes its settings away', async (context) => {
  const settings = scratch(context);
  const target = await serve((_, response) => response.writeHead(404).end());
  context.after(target.close);
  const args = [CLI, 'conformance', '--url', target.url, '--settings-dir', settings];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until(() => readdirSync(settings).length > 0, 'the settings are written');
  child.kill('SIGTERM');
  assert.deepEqual([await ended, readdirSync(settings)], [[1, null], []]);
});

test('what is no plugin is told in a sentence, with exit code 1', async () => {
  const { code, errors } = await conformance('--url', 'http://127.0.0.1:9');
  assert.deepEqual([code, errors], [1, 'http://127.0.0.1:9 does not answer as a web server: no connection.\n']);
});
