// Commands that ask a running process, where another server answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { runCli, says } from '../../testkit/command-line.js';

test('a command that reaches another server says so in a sentence, and so does one with a wrong environment', async (context) => {
  const answers: Readonly<Record<string, string>> = { '/json': '{"ok":true}', '/refusal': '{"error":"no"}' };
  const server = createServer(({ url = '' }, response) => {
    const [path] = Object.keys(answers).filter((each) => url.startsWith(each));
    response.statusCode = path === '/refusal' ? 500 : 200;
    response.end(path === undefined ? '<html>Welcome</html>' : answers[path]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const env = { PATH: process.env.PATH, ADMIN_TOKEN: 'open-sesame' };
  const commands = [
    ...['list', 'show key', 'redeliver key', 'drop key --yes'].map((verb) => `dead-letters ${verb}`),
    ...['deletions status', 'outbox acknowledge', 'waiting drop --workspace a --target b --yes'],
  ];
  const runs = commands.map((command) =>
    assert.rejects(
      runCli([...command.split(' '), '--url', `http://127.0.0.1:${address.port}`], { env }),
      says(/ is no statsig-cdp of this version\.$/),
      command,
    ),
  );
  const base = `http://127.0.0.1:${address.port}`;
  const others = ['dead-letters redeliver key', 'outbox acknowledge', 'waiting drop --workspace a --target b --yes'];
  const foreign = others.flatMap((command) => [
    assert.rejects(
      runCli([...command.split(' '), '--url', `${base}/json`], { env }),
      says(/ is no statsig-cdp of this version\.$/),
    ),
    assert.rejects(
      runCli([...command.split(' '), '--url', `${base}/refusal/`], { env }),
      says(/answered 500: \{"error":"no"\}\. Is it the private port of a statsig-cdp\?$/),
    ),
  ]);
  const misspelt = { ...env, STATSIG_CDP_SETTING: 'x' };
  await Promise.all([
    ...runs,
    ...foreign,
    assert.rejects(
      runCli(['dead-letters', 'list'], { env: misspelt }),
      says(/^STATSIG_CDP_SETTING is no variable of this process/),
    ),
  ]);
});
