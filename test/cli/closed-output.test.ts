// A reader that has seen enough, as `| head` does, ends each command quietly.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { shopOfStatsig, startOverviewPlugin, visited } from '../../testkit/overview.js';
import { CLI } from '../../testkit/programs.js';

/** Runs a command whose output no one reads. @returns its exit code, and what it printed on standard error */
async function runUnread(context: TestContext, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [CLI, ...args], { env: { PATH: process.env.PATH, ...env } });
  context.after(() => child.kill('SIGKILL'));
  // Before the command has begun: its first write is refused.
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

test('a command whose output no one reads any more ends without a stack', { timeout: 60_000 }, async (context) => {
  const shop = await shopOfStatsig(context, 'secret-wrong');
  const plugin = await startOverviewPlugin(context, [shop]);
  await plugin.track(visited(1));
  await plugin.attention('dead_letters');
  const url = ['--url', plugin.url];
  const commands = [
    ['status', ...url],
    ['status', '--json', ...url],
    ['dead-letters', 'list', ...url],
    ['dead-letters', 'list', '--json', ...url],
    ['tail', '--since-start', ...url],
    ['tail', '--since-start', '--json', ...url],
    ['manifest'],
    ['tail', '--help'],
  ];
  for (const args of commands) {
    const { code, said } = await runUnread(context, args, { ADMIN_TOKEN: 'admin-example' });
    const attention = args[0] === 'status' ? 1 : 0;
    assert.deepEqual([code, said.replace(/^Connected to .*\n/, '')], [attention, ''], args.join(' '));
  }
});
