// Deletions of a running process: from a webhook of Segment and a job of RudderStack to Statsig, and to the operator's table, over a restart.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CONSOLE_KEY, serveConsole } from '../../../testkit/console-stand-in.js';
import { jobOf } from '../../../testkit/delete-users.js';
import { serveDeletions } from '../../../testkit/deletion-stand-in.js';
import { CLI } from '../../../testkit/programs.js';
import { startProcess } from '../../../testkit/server.js';
import { temporaryDirectory } from '../../../testkit/settings.js';
import { until } from '../../../testkit/until.js';

const run = promisify(execFile);

test('what either sender asks for reaches Statsig and is listed, also by the process after the next start', async (context) => {
  const statsig = await serveDeletions(context);
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'shop.yaml');
  writeFileSync(
    settings,
    `secretKey: secret-example\napiUrl: ${statsig.url}\nsegment: { headerSecrets: [header-example] }\n`,
  );
  const paths = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox') };
  const status = async (url: string) => {
    const { stdout } = await run(process.execPath, [CLI, 'deletions', 'status', '--url', url], {
      env: { PATH: process.env.PATH, ...paths },
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(1));
  };

  const before = await startProcess(paths);
  context.after(before.stop);
  const pushed = await fetch(`${before.url}/segment/shop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-statsig-cdp-secret': 'header-example' },
    body: JSON.stringify({ type: 'delete', userId: 'ada', messageId: 'delete-1' }),
  });
  assert.equal(pushed.status, 200);
  await statsig.received(1);
  const answered = await fetch(`${before.url}/deleteUsers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([jobOf(['bob', 'cyd'], { secretKey: 'secret-example' })]),
  });
  assert.deepEqual(await answered.json(), [{ statusCode: 200, status: 'successful' }]);
  assert.deepEqual(statsig.taken, [['ada'], ['bob', 'cyd']]);
  const [first, second] = statsig.seen.map(({ requestId }) => requestId);
  statsig.status = (requestId) => (requestId === first ? 'COMPLETE' : 'PENDING');
  const listed = [
    ['shop', '2', 'PENDING', second],
    ['shop', '1', 'COMPLETE', first],
  ];
  assert.deepEqual(await status(before.url), listed);
  assert.equal(await before.stop(), 0);

  const after = await startProcess(paths);
  context.after(after.stop);
  assert.deepEqual(await status(after.url), listed);
  assert.equal(statsig.seen.length, 2);
});

test('somebody leaves the lists before Statsig is asked to delete, by each source', async (context) => {
  const order: string[] = [];
  const statsig = await serveDeletions(context, (ids) => {
    order.push(`deleted ${ids.join()}`);
    return undefined;
  });
  const consoleApi = await serveConsole({
    now: Date.now,
    faultOf({ method, ids }) {
      if (method !== 'GET') order.push(`${method} ${ids.join()}`);
      return undefined;
    },
  });
  context.after(() => consoleApi.close());
  consoleApi.make('vip_users');
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'shop.json');
  writeFileSync(
    settings,
    JSON.stringify({
      secretKey: 'secret-example',
      consoleKey: CONSOLE_KEY,
      apiUrl: statsig.url,
      consoleUrl: consoleApi.url,
      segment: { headerSecrets: ['header-example'] },
      audiences: { windowMs: 500 },
    }),
  );
  const paths = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox') };
  const running = await startProcess(paths);
  context.after(running.stop);
  const push = async (body: object) => {
    const { status } = await fetch(`${running.url}/segment/shop`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-statsig-cdp-secret': 'header-example' },
      body: JSON.stringify(body),
    });
    assert.equal(status, 200);
  };
  const enter = (userId: string) =>
    push({
      type: 'identify',
      messageId: `enter-${userId}`,
      userId,
      timestamp: new Date().toISOString(),
      context: { personas: { computation_class: 'audience', computation_key: 'vip_users' } },
      traits: { vip_users: true },
    });
  await enter('ada');
  await enter('bob');
  await until(() => consoleApi.idsOn('vip_users').length === 2, 'both are on the list');
  order.length = 0;
  await push({ type: 'delete', userId: 'ada', messageId: 'delete-1' });
  await statsig.received(1);
  assert.deepEqual(order, ['DELETE ada', 'deleted ada']);
  const answered = await fetch(`${running.url}/deleteUsers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([jobOf(['bob'], { secretKey: 'secret-example' })]),
  });
  assert.deepEqual(await answered.json(), [{ statusCode: 200, status: 'successful' }]);
  assert.deepEqual(order, ['DELETE ada', 'deleted ada', 'DELETE bob', 'deleted bob']);
  assert.deepEqual(consoleApi.idsOn('vip_users'), []);
});
