// Dead letters of a running process: listed, shown, put back and dropped by the command line and /api, and counted.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askProcess } from '../../src/cli/running-process.js';
import { runCli, says } from '../../testkit/command-line.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { serve } from '../../testkit/loopback.js';
import { startHere } from '../../testkit/server.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { until } from '../../testkit/until.js';

/** A process whose Statsig refuses what is called poison until told otherwise, and its command line. */
async function startRefused(
  context: TestContext,
  environment: Readonly<Record<string, string>> = {},
  refusal: StandInAnswer = { status: 400, body: '{"error":"bad event"}' },
) {
  const directory = mkdtempSync(join(tmpdir(), 'dead-letters-'));
  let answer = refusal;
  const statsig = await serveLogEvent(context, () => answer);
  const settings = join(directory, 'shop.yaml');
  writeFileSync(
    settings,
    `secretKey: secret-example\neventsUrl: ${statsig.url}\ntrackingApi: { writeKeys: [shop-key] }\n`,
  );
  const paths = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox'), ...environment };
  const plugin = await startHere(paths);
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const env = { PATH: process.env.PATH, PORT: new URL(plugin.url).port, ...paths };
  const cli = async (...args: string[]) => (await runCli(['dead-letters', ...args], { env })).stdout;
  const track = (event: string) =>
    fetch(`${plugin.url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({ writeKey: 'shop-key', userId: 'user-42', event, messageId: event }),
    });
  const counted = (pattern: RegExp) =>
    until(async () => pattern.test(await (await fetch(`${plugin.url}/metrics`)).text()), String(pattern));
  const accept = () => {
    answer = ACCEPTED;
  };
  return { directory, plugin, statsig, cli, track, counted, accept };
}

test('a refused event is counted, listed, shown, delivered when put back, and forgotten when dropped', async (context) => {
  const { directory, plugin, statsig, cli, track, counted, accept } = await startRefused(context);
  await track('Refused');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 1/);
  await counted(
    /workspace="shop",target="statsig",direction="inbound",protocol="outbox",stage="dispatch",outcome="failed_delivery",reason="rejected"\} 1/,
  );
  assert.equal(statSync(join(directory, 'admin-token')).mode & 0o777, 0o600);

  const [key = '', , ...cells] = (await cli('list')).trim().split('\t');
  assert.deepEqual(cells, ['shop', 'statsig', 'rejected', '400', '1', 'segment::Refused']);
  const shown = JSON.parse(await cli('show', key));
  assert.match(shown.answer, /400.*bad event/);
  assert.equal(shown.payload.user.userID, 'user-42');
  assert.equal(shown.redelivery.kind, 'sends');
  await assert.rejects(
    cli('list', '--workspace', 'other'),
    says('There are no dead letters of workspace other.', '', 3),
  );
  assert.match(await cli('list', '--url', `${plugin.url}/`), /^\S+\t/, 'an address with a slash at its end');
  const elsewhere = ['--workspace', 'shop', '--target', 'segment-us'];
  const none = 'There are no dead letters of workspace shop, target segment-us.';
  await assert.rejects(cli('groups', ...elsewhere), says(none, '', 3));
  await assert.rejects(cli('drop', ...elsewhere, '--yes'), says(none, 'dropped: 0', 3));
  await assert.rejects(cli('drop', ...elsewhere), says(none, '', 3));
  await assert.rejects(cli('show', 'no-such-key'), says('There is no dead letter no-such-key.', '', 3));

  accept();
  await assert.rejects(
    cli('redeliver', key, 'no-such-key', 'neither'),
    says('There is no dead letter no-such-key, neither.', 'put back, and tried now: 1'),
  );
  while (!statsig.accepted().includes('segment::Refused')) await statsig.received(statsig.requests.length + 1);
  await assert.rejects(cli('list'), says('There are no dead letters.', '', 3));
  await assert.rejects(cli('drop', key), says('1 dead letter is forgotten for good. Add --yes to do it.'));
  await assert.rejects(cli('drop', key, '--yes'), says(`There is no dead letter ${key}.`, 'dropped: 0', 3));
});

test('a dead letter that is put back is tried at once, although the circuit of its target is open for minutes', async (context) => {
  const wrongKey = { status: 401, body: '{"error":"invalid key"}' };
  const { plugin, statsig, cli, track, counted, accept } = await startRefused(context, {}, wrongKey);
  await track('Refused');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 1/);
  await track('Waits');
  const [lane] = JSON.parse(await (await fetch(`${plugin.url}/readyz`)).text()).checks.delivery.lanes;
  assert.equal(lane.circuit, 'open');
  assert.ok(lane.pausedUntil > Date.now(), 'when it is tried next is told');

  accept();
  assert.equal(await cli('redeliver', '--workspace', 'shop'), 'put back, and tried now: 1\n');
  await until(() => ['segment::Refused', 'segment::Waits'].every((name) => statsig.accepted().includes(name)), 'sent');
});

test('groups and JSON say the same as the page; what is put back is followed until it is there, or given up again', async (context) => {
  const wrongKey = { status: 401, body: '{"error":"invalid key"}' };
  const { cli, track, counted, accept } = await startRefused(context, {}, wrongKey);
  await track('Refused');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 1/);
  const [workspace, target, reason, status, count, , , answer] = (await cli('groups')).trim().split('\t');
  assert.deepEqual([workspace, target, reason, status, count], ['shop', 'statsig', 'unauthorized', '401', '1']);
  assert.match(answer ?? '', /invalid key/);
  const { groups } = JSON.parse(await cli('groups', '--json'));
  assert.match(groups[0].fix, /secretKey/);
  const [line] = (await cli('list', '--json', '--limit', '5')).trim().split('\n');
  assert.equal(JSON.parse(line ?? '').user, 'user-42');

  const redeliver = ['redeliver', '--workspace', 'shop', '--status', '401', '--wait', '30'];
  await assert.rejects(
    cli(...redeliver),
    ({ code, stdout, stderr }) =>
      code === 1 &&
      stdout === 'put back, and tried now: 1\n' &&
      /Given up again, statsig: 1 .unauthorized: .*invalid key/.test(stderr),
  );
  accept();
  const { changed, redelivery } = JSON.parse(await cli(...redeliver, '--json'));
  assert.deepEqual([changed, redelivery.delivered, redelivery.waiting], [1, 1, 0]);
});

test('all dead letters of a workspace can be dropped at once', async (context) => {
  const { cli, track, counted } = await startRefused(context);
  await track('One');
  await track('Two');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 2/);
  await assert.rejects(
    cli('drop', '--workspace', 'shop'),
    says('2 dead letters are forgotten for good: dead letters of workspace shop. Add --yes to do it.'),
  );
  await assert.rejects(cli('drop', 'key', '--workspace', 'shop', '--yes'), says(/^Name either keys or a workspace/));
  assert.equal(await cli('drop', '--workspace', 'shop', '--event', 'T*', '--since', '1h', '--yes'), 'dropped: 1\n');
  await assert.rejects(
    cli('drop', '--workspace', 'shop', '--until', '2020-01-01', '--yes'),
    says('There are no dead letters of workspace shop, until 2020-01-01T00:00:00.000Z.', 'dropped: 0', 3),
  );
  assert.equal(await cli('drop', '--workspace', 'shop', '--reason', 'rejected', '--yes'), 'dropped: 1\n');
  await assert.rejects(cli('list'), says('There are no dead letters.', '', 3));
  await assert.rejects(cli('drop'), /Name the keys/);
});

test('/api asks for the token; the operator’s own replaces the one that is made', async (context) => {
  const { plugin, cli } = await startRefused(context, { ADMIN_TOKEN: 'open-sesame' });
  const ask = (authorization?: string) =>
    fetch(`${plugin.url}/api/dead-letters`, authorization === undefined ? {} : { headers: { authorization } });
  for (const wrong of [undefined, 'Bearer wrong', 'Bearer open-sesam', 'Basic open-sesame']) {
    const response = await ask(wrong);
    assert.equal(response.status, 401);
    assert.match(await response.text(), /ADMIN_REFUSED/);
  }
  assert.equal((await ask('Bearer open-sesame')).status, 200);
  await assert.rejects(cli('list'), says('There are no dead letters.', '', 3));
  const unnamed = await fetch(`${plugin.url}/api/dead-letters/drop`, {
    method: 'POST',
    body: '{}',
    headers: { authorization: 'Bearer open-sesame' },
  });
  assert.equal(unnamed.status, 400);
});

test('a workspace that cannot exist has no dead letters', async (context) => {
  const { plugin, track, counted } = await startRefused(context, { ADMIN_TOKEN: 'open-sesame' });
  await track('Refused');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 1/);
  const headers = { authorization: 'Bearer open-sesame' };
  for (const workspace of ['\\ud800', 'shop\\udfff', '', '../shop', '\\u0000']) {
    const body = `{"workspace":"${workspace}"}`;
    const dropped = await fetch(`${plugin.url}/api/dead-letters/drop`, { method: 'POST', body, headers });
    assert.deepEqual([dropped.status, await dropped.json()], [200, { changed: 0 }], workspace);
  }
  const listed = await fetch(`${plugin.url}/api/dead-letters?workspace=%ED%A0%80`, { headers });
  assert.deepEqual([listed.status, await listed.text()], [200, '']);
});

test('the command line says what it needs', async () => {
  const env = { PATH: process.env.PATH, OUTBOX_DIRECTORY: '/nowhere/outbox' };
  await assert.rejects(runCli(['dead-letters', 'list'], { env }), /No token: set ADMIN_TOKEN/);
  const noOne = { ...env, ADMIN_TOKEN: 'open-sesame' };
  await assert.rejects(
    runCli(['dead-letters', 'list', '--url', 'http://127.0.0.1:9'], { env: noOne }),
    /No statsig-cdp answers/,
  );
});

test('a command does not wait for ever for a process that does not answer', async (context) => {
  const server = await serve(() => {});
  context.after(server.close);
  const peer = { url: server.url, token: 'open-sesame' };
  await assert.rejects(
    askProcess(peer, 'deadLetters', { timeoutMs: 50 }),
    /^Error: No answer from http:\/\/127\.0\.0\.1:\d+ within 0\.05 s\. What was asked may be done all the same/,
  );
});

test('a second process at the same outbox leaves the token of the first one in force', async (context) => {
  const { directory, plugin, track, counted } = await startRefused(context);
  await track('Refused');
  await counted(/statsig_cdp_dead_letters\{workspace="shop",target="statsig"\} 1/);
  const token = readFileSync(join(directory, 'admin-token'), 'utf8');
  const second = await startHere({
    STATSIG_CDP_SETTINGS: join(directory, 'shop.yaml'),
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
  });
  context.after(() => second.stop());
  const ask = ({ url }: { readonly url: string }) =>
    fetch(`${url}/api/deletions`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask(second)).status, 200);
  assert.equal(readFileSync(join(directory, 'admin-token'), 'utf8'), token);
  assert.equal((await ask(plugin)).status, 200);

  chmodSync(join(directory, 'admin-token'), 0o644);
  const third = await startHere({ OUTBOX_DIRECTORY: join(directory, 'outbox') });
  context.after(() => third.stop());
  assert.equal((await ask(third)).status, 401, 'a token that others could read is made anew');
});
