// `statsig-cdp deletions status` and /api/deletions: how far the deletions of a running process are.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { ADMIN_TOKEN, serveDeleteUsers } from '../../../testkit/delete-users.js';
import { serveDeletions } from '../../../testkit/deletion-stand-in.js';
import { deletionOf } from '../../../testkit/deletions.js';
import { CLI } from '../../../testkit/programs.js';

const run = promisify(execFile);

async function start(context: TestContext) {
  const statsig = await serveDeletions(context);
  const rig = await serveDeleteUsers(context, { url: statsig.url });
  const { told } = rig.deliver();
  let count = 0;
  return {
    ...rig,
    statsig,
    async remove(...userIds: string[]): Promise<void> {
      await rig.append(...userIds.map((id) => deletionOf(id)));
      count += userIds.length;
      await told(count);
    },
    status(token = ADMIN_TOKEN, ...options: readonly string[]): Promise<{ stdout: string; stderr: string }> {
      const env = { PATH: process.env.PATH, ADMIN_TOKEN: token };
      return run(process.execPath, [CLI, 'deletions', 'status', '--url', rig.url, ...options], { env });
    },
  };
}

test('a line shows each request with what Statsig says of it now', async (context) => {
  const { statsig, remove, status, clock } = await start(context);
  assert.deepEqual(await status(), { stdout: '', stderr: 'Statsig was not asked to delete anybody.\n' });
  await remove('ada', 'bob');
  clock.advance(60_000);
  await remove('cyd');
  const [first, second] = statsig.seen.map(({ requestId }) => requestId);
  statsig.status = (requestId) => (requestId === first ? 'COMPLETE' : undefined);
  assert.equal(
    (await status()).stdout,
    `2026-01-15T12:01:00.000Z\tshop\t1\tUNREACHABLE\t${second}
2026-01-15T12:00:00.000Z\tshop\t2\tCOMPLETE\t${first}
`,
  );
  const { total, requests } = JSON.parse((await status(ADMIN_TOKEN, '--json')).stdout);
  assert.deepEqual([total, requests.map(({ requestId }: { requestId: string }) => requestId)], [2, [second, first]]);
});

test('the newest fifty are asked for, five at a time', async (context) => {
  const { url, statsig, remove, status } = await start(context);
  for (let index = 0; index < 52; index += 1) await remove(`user-${index}`);
  let asked = 0;
  statsig.status = () => {
    asked += 1;
    return 'UNKNOWN';
  };
  const response = await fetch(`${url}/api/deletions`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  const { total, requests } = (await response.json()) as { total: number; requests: { requestId: string }[] };
  assert.equal(total, 52);
  assert.deepEqual(
    requests.map(({ requestId }) => requestId),
    statsig.seen
      .slice(2)
      .map(({ requestId }) => requestId)
      .reverse(),
  );
  assert.equal(asked, 50);
  assert.ok(statsig.mostAtOnce <= 5 && statsig.mostAtOnce > 1);
  assert.equal((await status()).stderr, 'The newest 50 of 52.\n');
});

test('it asks for the token', async (context) => {
  const { url, status } = await start(context);
  assert.equal((await fetch(`${url}/api/deletions`)).status, 401);
  await assert.rejects(status('wrong'), /ADMIN_REFUSED/);
});
