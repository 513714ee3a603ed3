// Deletions of a running process: from a webhook of Segment and a job of RudderStack to Statsig, and to the operator's table, over a restart.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { jobOf } from './support/delete-users.js';
import { serveDeletions } from './support/deletion-stand-in.js';
import { startProcess } from './support/server.js';
import { temporaryDirectory } from './support/settings.js';

const CLI = new URL('../src/cli/index.js', import.meta.url).pathname;
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
    const [, ...lines] = stdout.trim().split('\n');
    return lines.map((line) => line.split(/ +/).slice(1));
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
