// Recognisable secrets go into the running process by every way there is, and whatever they are sent to fails: nothing that is left behind holds one.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manifest } from '../../src/settings/manifest.js';
import { type Canaries, createCanaries } from '../../testkit/canaries.js';
import { serveEchoes } from '../../testkit/echoing-target.js';
import { type Asker, createAsker } from '../../testkit/secret-asker.js';
import { assertNone, listen, runCli, searchFiles, startPrinting, titleOf } from '../../testkit/secret-process.js';
import { SECRET_PURPOSES, type SecretSettings, writeSecretSettings } from '../../testkit/secret-settings.js';
import {
  askOtherwise,
  askRudderstack,
  askSegment,
  askStatsigWebhook,
  askTrackingApi,
} from '../../testkit/secret-traffic.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { mountSmallDisk } from '../../testkit/small-disk.js';
import { until } from '../../testkit/until.js';

/** Lets a signal make the process crash, as nothing else here can. */
const CRASH = `data:text/javascript,${encodeURIComponent("process.on('SIGUSR2', () => { throw new Error('made to crash'); })")}`;

/** Sends everything for every workspace. */
async function askAll(asker: Asker, { workspaces }: SecretSettings, canaries: Canaries): Promise<void> {
  for (const workspace of workspaces) {
    const wrong = canaries.of(`wrong key for ${workspace.id}`);
    // Statsig does not answer there, and each of these calls would wait for it.
    if (!workspace.id.startsWith('hang')) {
      await askSegment(asker, workspace, wrong);
      await askRudderstack(asker, workspace, canaries);
    }
    await askTrackingApi(asker, workspace, wrong);
    await askStatsigWebhook(asker, workspace, wrong);
  }
  await askOtherwise(asker, canaries.of('wrong token'));
}

test('every secret of the manifest is among those that are sent in', () => {
  const found: string[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('secret' in value && value.secret === true)
      found.push(path.filter((name) => name !== 'properties' && name !== 'items').join('.'));
    for (const [name, child] of Object.entries(value)) walk(child, [...path, name]);
  };
  walk(manifest.settings, []);
  assert.deepEqual(found.sort(), [...SECRET_PURPOSES].sort());
  const variables = manifest.environment.filter(({ secret }) => secret === true).map(({ name }) => name);
  assert.deepEqual(variables.sort(), ['ADMIN_TOKEN', 'STATSIG_CDP_SETTINGS_TOKEN']);
});

test('the search finds a secret in every writing, and pieces of it', () => {
  const canaries = createCanaries();
  for (const purpose of ['plain', 'with characters that are written differently']) {
    const secret = canaries.of(purpose);
    const writings = [
      secret,
      secret.toUpperCase(),
      secret.slice(3, 15),
      secret.slice(-12),
      JSON.stringify({ error: JSON.stringify(secret) }),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
      ...['', 'a', 'ab', 'abc'].map((before) => Buffer.from(`${before}${secret}:`).toString('base64')),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const text of writings) assert.notDeepEqual(canaries.search('here', `before ${text} after`), [], text);
    assert.deepEqual(canaries.search('here', secret.slice(0, 11)), []);
  }
});

test('nothing of a key is left behind by any route, whatever the targets answer', {
  timeout: 240_000,
}, async (context) => {
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
    ['dead-letters', 'drop', key],
  ])
    assertNone(canaries.search(args.join(' '), await runCli([...args, '--url', url], cliEnv, home)));
  assertNone(canaries.search('dead-letters list', letters));
  assertNone(canaries.search('title', titleOf(plugin.child.pid)));

  assert.equal(await plugin.end('SIGUSR2'), 'code 1');
  assert.match(plugin.printed(), /made to crash/);
  assertNone(canaries.search('log', plugin.printed()));
  assertNone(await searchFiles(home, canaries, '"rejected"'));
});

for (const kind of ['a file in the way of the outbox', 'a full disk'] as const) {
  test(`nothing of a key is left behind where the events cannot be stored: ${kind}`, async (context) => {
    const canaries = createCanaries();
    const directory = temporaryDirectory(context);
    const disk = kind === 'a full disk' ? mountSmallDisk(context, 200_000) : directory;
    if (disk === undefined) return;
    if (kind === 'a full disk') writeFileSync(join(disk, 'filler'), Buffer.alloc(150_000));
    else writeFileSync(join(disk, 'outbox'), '');
    const settingsDirectory = join(directory, 'settings');
    mkdirSync(settingsDirectory);
    const echoes = await serveEchoes();
    context.after(() => echoes.close());
    const settings = writeSecretSettings(settingsDirectory, echoes, canaries);
    const plugin = startPrinting(
      { ...settings.environment, STATSIG_CDP_SETTINGS: settingsDirectory, OUTBOX_DIRECTORY: join(disk, 'outbox') },
      directory,
    );
    context.after(() => plugin.end('SIGKILL'));
    const asker = createAsker(await listen(plugin), canaries);
    const workspaces = settings.workspaces.filter(({ id }) => id.startsWith('5'));
    await askAll(asker, { ...settings, workspaces }, canaries);
    await asker.ask('/readyz');
    await asker.ask('/metrics');
    assert.ok((asker.statuses.get(503) ?? 0) > 0, 'the disk takes nothing');
    assertNone(asker.leaks);
    await plugin.end('SIGTERM');
    assertNone(canaries.search('log', plugin.printed()));
  });
}
