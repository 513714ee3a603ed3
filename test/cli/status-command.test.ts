// `statsig-cdp status` shows on one screen how a process stands, and its exit code says whether somebody should look.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showStatus } from '../../src/cli/status-screen.js';
import { runCli } from '../../testkit/command-line.js';
import { serve } from '../../testkit/loopback.js';
import { shopOfStatsig, startOverviewPlugin, visited } from '../../testkit/overview.js';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function status(url: string, args: readonly string[] = [], token = 'admin-example'): Promise<Ended> {
  const env = { PATH: process.env.PATH, ADMIN_TOKEN: token };
  return runCli(['status', '--url', url, ...args], { env }).then(
    (ended) => ({ code: 0, ...ended }),
    (failed: Ended) => failed,
  );
}

test('the exit code is 0 where all is well, 1 where something needs attention, 2 where the process cannot be asked', async (context) => {
  const shop = await shopOfStatsig(context, 'secret-right');
  const plugin = await startOverviewPlugin(context, [shop]);
  const well = await status(plugin.url);
  assert.equal(well.code, 0, well.stdout + well.stderr);
  assert.match(well.stdout, /^process\tstatsig-cdp \S+ at \S+, up .*, ready\n/);
  assert.match(well.stdout, /^settings\t.*: 1 document, generation 1, in force$/m);
  assert.match(well.stdout, /^outbox\tnot needed yet$/m);

  plugin.write({ ...shop, secretKey: 'secret-wrong' });
  await plugin.track(visited(1));
  await plugin.attention('wrong_key');
  const sick = await status(plugin.url);
  assert.equal(sick.code, 1);
  assert.match(
    sick.stdout,
    /^attention\terror\tStatsig refuses the key of workspace shop\.\t.*401.*\tPut the right key into/m,
  );
  assert.match(sick.stdout, /^lane\tshop\tstatsig\topen\tin \d+ s\t/m);
  const json = await status(plugin.url, ['--json']);
  assert.equal(json.code, 1);
  const answer = JSON.parse(json.stdout);
  assert.equal(answer.attention[0].kind, 'wrong_key');

  // On a terminal.
  let screen = '';
  showStatus(answer, 'here', {
    isTTY: true,
    columns: 100,
    write(text: unknown) {
      screen += text;
      return true;
    },
  });
  assert.match(screen, /^statsig-cdp .* at here, up/);
  assert.match(
    screen,
    /^error {4}Statsig refuses the key of workspace shop\.\n {9}It answered 401 .*\n {9}Fix: Put the right key/m,
  );
  assert.match(
    screen,
    /^WORKSPACE +TARGET +CIRCUIT +NEXT TRY +WAITING +OLDEST +DEAD +PROBLEM\nshop +statsig +open +in /m,
  );
  assert.ok(screen.split('\n').length <= 40, 'one screen');

  const refused = await status(plugin.url, [], 'another-token');
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /ADMIN_REFUSED/);
  const other = await serve((_request, response) => response.end('{}'));
  context.after(() => other.close());
  const foreign = await status(other.url, ['--json']);
  assert.deepEqual([foreign.code, foreign.stdout], [2, '']);
  assert.match(foreign.stderr, /no statsig-cdp of this version/);
  await other.close();
  assert.equal((await status(other.url)).code, 2);
});
