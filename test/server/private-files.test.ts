// What the process writes is its own user's alone, whatever the system's defaults, and what an earlier version left open is closed.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMembershipStore } from '../../src/targets/statsig-lists/membership-store.js';
import { serve } from '../../testkit/loopback.js';
import { startProcess } from '../../testkit/server.js';
import { rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

/** Every path below the directory with its mode in octal, itself included. */
function modesOf(path: string): readonly (readonly [string, string])[] {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return [];
  const own = [path, (stat.mode & 0o777).toString(8)] as const;
  return stat.isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modesOf(join(path, name)))] : [own];
}

function assertPrivate(directory: string): void {
  const open = modesOf(directory).filter(([path, mode]) => mode !== (lstatSync(path).isDirectory() ? '700' : '600'));
  assert.deepEqual(open, []);
}

/** Takes events and deletions. */
async function serveStatsig(context: TestContext) {
  const server = await serve(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const isDeletion = request.url === '/v1/delete_user_data';
    response.end(JSON.stringify(isDeletion ? { request_id: JSON.parse(text).request_id } : { success: true }));
  });
  context.after(() => server.close());
  return server;
}

async function run(context: TestContext, home: string, documents: readonly object[], url: string) {
  const service = await serve((_request, response) => response.end(JSON.stringify(documents)));
  const data = join(home, 'own', 'data');
  const plugin = await startProcess({
    STATSIG_CDP_SETTINGS: service.url,
    STATSIG_CDP_DATA: join(home, 'own', 'copies'),
    OUTBOX_DIRECTORY: join(data, 'outbox'),
    UPSTREAM_TRANSFORMER_URL: url,
  });
  context.after(() => plugin.stop());
  context.after(() => service.close());
  const headers = { 'x-statsig-cdp-secret': 'header-example' };
  const post = async (event: object) => {
    const answer = await fetch(`${plugin.url}/segment/shop`, { method: 'POST', headers, body: JSON.stringify(event) });
    assert.equal(answer.status, 200, await answer.text());
  };
  await post({ type: 'track', event: 'Visited', userId: 'user-42' });
  await post({ type: 'delete', userId: 'user-42' });
  return { plugin, data };
}

test('all files are 0600 and all directories 0700, those of an earlier version too', async (context) => {
  const home = temporaryDirectory(context);
  chmodSync(home, 0o755);
  const statsig = await serveStatsig(context);
  const features = await serve((_request, response) => response.end('{"upgradedToSourceTransformV2":true}'));
  context.after(() => features.close());
  const documents = [
    {
      id: 'shop',
      secretKey: 'secret-example',
      consoleKey: 'console-example',
      eventsUrl: statsig.url,
      apiUrl: statsig.url,
      consoleUrl: statsig.url,
      segment: { headerSecrets: ['header-example'] },
    },
  ];
  const umask = process.umask(0o022);
  context.after(() => process.umask(umask));
  const first = await run(context, home, documents, features.url);
  const written = ['admin-token', 'deletion-requests.jsonl', 'outbox'].map((name) => join(first.data, name));
  await until(() => written.every((path) => existsSync(path)), 'all of them are written');
  const copies = ['settings-copy.json', 'upstream-features.json'].map((name) => join(home, 'own', 'copies', name));
  await until(() => copies.every((path) => existsSync(path)), 'the copies are written');
  assertPrivate(join(home, 'own'));
  const status = readFileSync(`/proc/${first.plugin.child.pid}/status`, 'utf8');
  assert.match(status, /^Umask:\s+0077$/m, 'and files that the databases make later will be');
  assert.equal(modesOf(home)[0]?.[1], '755', 'a directory that was there is not ours to close');
  await first.plugin.stop();

  // As they were left by a version that did not look.
  for (const [path] of modesOf(first.data)) chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);
  mkdirSync(join(first.data, 'outbox', 'lost'), { recursive: true, mode: 0o755 });
  writeFileSync(join(first.data, 'outbox', 'lost', '000001.ldb'), 'x', { mode: 0o644 });
  const others = join(home, 'of-others');
  writeFileSync(others, 'x', { mode: 0o644 });
  symlinkSync(others, join(first.data, 'outbox', 'link'));
  chmodSync(first.data, 0o700);
  await run(context, home, documents, features.url);
  await until(() => modesOf(join(first.data, 'deletion-requests.jsonl'))[0]?.[1] === '600', 'the log is closed');
  assertPrivate(first.data);
  assert.equal(modesOf(others)[0]?.[1], '644', 'what a link leads to is left alone');
});

test('the store of memberships is closed to others, also where it was open', async (context) => {
  const directory = join(temporaryDirectory(context), 'memberships');
  const umask = process.umask(0o022);
  context.after(() => process.umask(umask));
  const log = { ...rememberingLog(), debug: () => {} };
  const settings = { directory, now: Date.now, log };
  const open = async () => {
    const store = createMembershipStore({ ...settings, maxMemberships: 10 });
    await store.lost({ workspaceId: 'shop', listId: 'vip' });
    await store.close();
  };
  await open();
  assert.equal(modesOf(directory)[0]?.[1], '700');
  const [, ...files] = modesOf(directory);
  for (const [path] of files) chmodSync(path, 0o644);
  chmodSync(directory, 0o755);
  await open();
  assert.equal(modesOf(directory)[0]?.[1], '700');
  assert.equal(modesOf(join(directory, 'LOCK'))[0]?.[1], '600', 'a file that was there');
});
