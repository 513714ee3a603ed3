// `statsig-cdp console`: a link that signs a browser in, and no token anywhere.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../../testkit/command-line.js';
import { startHere } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

async function start(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'console-'));
  const paths = { STATSIG_CDP_SETTINGS: directory, OUTBOX_DIRECTORY: join(directory, 'outbox') };
  const plugin = await startHere(paths);
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const env = { PATH: `${directory}:${process.env.PATH}`, TMPDIR: directory, PORT: new URL(plugin.url).port, ...paths };
  const signIn = async (address: string) =>
    fetch(`${plugin.url}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ link: new URL(address).hash.slice('#link='.length) }),
    });
  return { ...plugin, directory, env, signIn };
}

test('it prints a link that works once; neither the link nor the log holds the token', async (context) => {
  const { url, lines, directory, env, signIn } = await start(context);
  const { stdout, stderr } = await runCli(['console'], { env });
  assert.match(stdout, new RegExp(`^${url}/console/#link=[\\w-]{32}\n$`));
  assert.equal(stderr, 'The link works once, within a minute.\n');
  assert.equal((await signIn(stdout.trim())).status, 200);
  assert.equal((await signIn(stdout.trim())).status, 401);
  const token = readFileSync(join(directory, 'admin-token'), 'utf8');
  assert.ok(lines.some((line) => line.includes(`The console: http://127.0.0.1:${new URL(url).port}/console/`)));
  for (const text of [stdout, ...lines]) assert.ok(!text.includes(token));

  const told = JSON.parse((await runCli(['console', '--json'], { env })).stdout);
  assert.deepEqual([Object.keys(told), told.role], [['url', 'role', 'expiresAt'], 'write']);
});

test('--open gives the browser a page of its user, and other users of the machine see no link', async (context) => {
  const { directory, env, signIn } = await start(context);
  const seen = join(directory, 'seen');
  writeFileSync(join(directory, 'xdg-open'), `#!/bin/sh\necho "$1" > ${seen}.part && mv ${seen}.part ${seen}\n`);
  chmodSync(join(directory, 'xdg-open'), 0o755);
  const { stdout } = await runCli(['console', '--open'], { env });
  assert.equal(stdout, '');
  await until(() => existsSync(seen), 'the browser is asked');
  const page = new URL(readFileSync(seen, 'utf8').trim());
  assert.equal(page.protocol, 'file:');
  assert.equal(statSync(page).mode & 0o777, 0o600);
  const [, address = ''] = /<a href="([^"]+)">/.exec(readFileSync(page, 'utf8')) ?? [];
  assert.equal((await signIn(address)).status, 200);

  await assert.rejects(runCli(['console', '--open'], { env: { ...env, PATH: '/nowhere' } }), /open the link yourself/);
});
