// Recognisable secrets go into the running process, its commands and its starts by every way there is, and whatever they are sent to fails: nothing that is left
// behind holds one.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCanaries } from '../../testkit/canaries.js';
import { serveEchoes } from '../../testkit/echoing-target.js';
import { createAsker } from '../../testkit/secret-asker.js';
import { assertCommandsKeepSecrets } from '../../testkit/secret-commands.js';
import { askAll, assertUnstoredKeepSecrets } from '../../testkit/secret-everything.js';
import { assertNone, listen, runCli, searchFiles, startPrinting, titleOf } from '../../testkit/secret-process.js';
import { writeSecretSettings } from '../../testkit/secret-settings.js';
import { assertRefusedStartsKeepSecrets } from '../../testkit/secret-starts.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

/** Lets a signal make the process crash, as nothing else here can. */
const CRASH = `data:text/javascript,${encodeURIComponent("process.on('SIGUSR2', () => { throw new Error('made to crash'); })")}`;

test('nothing of a key is left behind by any route, whatever the targets answer', async (context) => {
  const canaries = createCanaries();
  const directory = temporaryDirectory(context);
  const home = join(directory, 'home');
  const settingsDirectory = join(directory, 'settings');
  for (const path of [home, settingsDirectory]) mkdirSync(path);
  const echoes = await serveEchoes();
  context.after(() => echoes.close());
  const settings = writeSecretSettings(settingsDirectory, echoes, canaries);
  const token = canaries.of('admin token');
  const plugin = startPrinting(
    {
      ...settings.environment,
      STATSIG_CDP_SETTINGS: settingsDirectory,
      STATSIG_CDP_DATA: join(home, 'data'),
      OUTBOX_DIRECTORY: join(home, 'outbox'),
      ADMIN_TOKEN: token,
      NODE_OPTIONS: `--import=${CRASH}`,
    },
    home,
  );
  context.after(() => plugin.end('SIGKILL'));
  const url = await listen(plugin);
  const asker = createAsker(url, canaries);
  await askAll(asker, settings, canaries);

  const authorization = { headers: { authorization: `Bearer ${token}` } };
  const rejecting = settings.workspaces.filter(({ id }) => /^4(01|03|04)/.test(id));
  await until(async () => {
    const letters = await asker.ask('/api/dead-letters', authorization);
    return rejecting.every(({ id }) =>
      ['statsig', 'web'].every((target) => letters.includes(`"workspaceId":"${id}","target":"${target}"`)),
    );
  }, 'dead letters of every workspace whose targets refuse');
  // Where every event is refused, the target is to blame, and the events wait.
  await until(
    () =>
      ['400', '413'].every((fate) =>
        new RegExp(`"${fate}-[a-z]+","target":"(statsig|web)".*(tried again|dead letters now)`).test(plugin.printed()),
      ),
    'what became of the events of every workspace whose targets refuse each of them',
  );
  await until(
    () =>
      ['429', '500', '503', 'reset', 'break', '302', 'page'].every((fate) =>
        new RegExp(`"${fate}-[a-z]+","target":"(statsig|web)".*tried again`).test(plugin.printed()),
      ),
    'a retry of every workspace whose targets are in trouble',
  );
  for (const path of ['/metrics', '/readyz', '/features', '/health', '/healthz', '/version', '/buildVersion'])
    await asker.ask(path);
  await asker.ask('/api/deletions', authorization);
  const letterLines = (await asker.ask('/api/dead-letters?limit=40', authorization)).trim().split('\n');
  for (const line of letterLines)
    await asker.post('/api/dead-letters/preview', { key: JSON.parse(line).key }, authorization.headers);
  for (const path of ['/api/dead-letters/groups', '/api/audiences']) await asker.ask(path, authorization);
  await asker.post('/api/dead-letters/redeliver', { workspace: rejecting[0]?.id }, authorization.headers);
  for (const status of [200, 400, 401, 403, 404, 413, 429, 500, 502, 503])
    assert.ok(asker.statuses.has(status), `no answer ${status}`);
  assertNone(asker.leaks);

  const cliEnv = { ADMIN_TOKEN: token, OUTBOX_DIRECTORY: join(home, 'outbox') };
  const letters = await runCli(['dead-letters', 'list', '--url', url], cliEnv, home);
  const [key = ''] = letters.split('\t');
  for (const args of [
    ['dead-letters', 'show', key],
    ['deletions', 'status'],
    ['dead-letters', 'groups'],
    ['dead-letters', 'list', '--json'],
    ['dead-letters', 'drop', key, '--yes'],
  ])
    assertNone(canaries.search(args.join(' '), await runCli([...args, '--url', url], cliEnv, home)));
  assertNone(canaries.search('dead-letters list', letters));
  assertNone(canaries.search('title', titleOf(plugin.child.pid)));

  assert.equal(await plugin.end('SIGUSR2'), 'code 1');
  assert.match(plugin.printed(), /made to crash/);
  assertNone(canaries.search('log', plugin.printed()));
  assertNone(await searchFiles(home, canaries, '"rejected"'));
});

test('nothing of a key is left behind where the events cannot be stored: a full disk', (context) =>
  assertUnstoredKeepSecrets(context, 'a full disk'));

test('commands repeat nothing of the keys in their input and of the token they are given', (context) =>
  assertCommandsKeepSecrets(context, 1));

test('a start that is refused names what is wrong and no value', (context) =>
  assertRefusedStartsKeepSecrets(context, 1));
