// `statsig-cdp check --online` and what it says of the disk: which key is taken, which is not, and who does not answer. Nothing is made by asking.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkOnline } from '../../src/cli/check-online.js';
import { createSegmentStandIn } from '../../src/contract/stand-ins/segment-stand-in.js';
import { createStatsigStandIn } from '../../src/contract/stand-ins/statsig-stand-in.js';
import { createUpstreamStandIn } from '../../src/contract/stand-ins/upstream-stand-in.js';
import { parseDocuments } from '../../src/settings/document.js';
import { freePort } from '../../testkit/free-port.js';
import { CLI } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const KEYS = ['secret-good', 'console-good', 'client-good'];

async function start(context: TestContext) {
  const statsig = await createStatsigStandIn({ keys: KEYS });
  const segment = await createSegmentStandIn({ writeKeys: ['write-good'] });
  const plane = await createSegmentStandIn({ as: 'rudderstack', writeKeys: ['write-good'] });
  const upstream = await createUpstreamStandIn();
  context.after(() => Promise.all([statsig, segment, plane, upstream].map((each) => each.close())));
  const at = { eventsUrl: statsig.url, apiUrl: statsig.url, consoleUrl: statsig.url };
  return { statsig, segment, plane, upstream, at };
}

function documentsOf(workspaces: readonly object[]) {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces }), 'settings.json');
  assert.deepEqual(faults, []);
  return documents;
}

test('each key is asked for once, and each verdict is told without the key', async (context) => {
  const { statsig, segment, plane, upstream, at } = await start(context);
  const away = `http://127.0.0.1:${await freePort()}`;
  const target = (name: string, writeKey: string, host: string) => ({ name, writeKey, host });
  const documents = documentsOf([
    { id: 'good', ...at, secretKey: 'secret-good', consoleKey: 'console-good' },
    { id: 'wrong', ...at, secretKey: 'secret-bad', consoleKey: 'console-bad' },
    { id: 'client', ...at, secretKey: 'client-good' },
    { id: 'away', ...at, apiUrl: away, secretKey: 'secret-good' },
    {
      id: 'out',
      outbound: {
        signingSecrets: ['signing-example'],
        targets: [
          target('segment', 'write-good', 'https://api.segment.io'),
          target('segment-bad', 'write-bad', 'https://events.eu1.segmentapis.com'),
          target('plane', 'write-good', plane.url),
          target('plane-bad', 'write-bad', plane.url),
        ],
      },
    },
  ]);
  const found = await checkOnline(documents, upstream.url, { segmentCdn: segment.url });
  assert.deepEqual(
    found.map(({ workspace = '', setting, result }) => `${workspace} ${setting}: ${result}`),
    [
      'good secretKey: ok',
      'good consoleKey: ok',
      'wrong secretKey: refused',
      'wrong consoleKey: refused',
      'client secretKey: ok',
      'away secretKey: unreachable',
      'out outbound.targets.segment: ok',
      'out outbound.targets.segment-bad: refused',
      'out outbound.targets.plane: ok',
      'out outbound.targets.plane-bad: refused',
      ' UPSTREAM_TRANSFORMER_URL: ok',
    ],
  );
  for (const key of [...KEYS, 'secret-bad', 'write-good', 'write-bad'])
    assert.ok(!JSON.stringify(found).includes(key), key);
  assert.deepEqual([statsig.events, statsig.deletions.size, statsig.lists.size], [[], 0, 0]);
  assert.deepEqual([segment.events, plane.events], [[], []]);
});

function check(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ stdout: string; stderr: string; code: number }>((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, 'check', ...args],
      { cwd, env: { PATH: process.env.PATH, ...env } },
      (_, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
    );
  });
}

test('the command prints a row for each, exits with 1 where one is refused, and tells all with --json', async (context) => {
  const { at } = await start(context);
  const directory = temporaryDirectory(context);
  mkdirSync(join(directory, 'settings'));
  const write = (secretKey: string) =>
    writeFileSync(join(directory, 'settings/shop.json'), JSON.stringify({ ...at, secretKey }));
  write('secret-bad');
  const refused = await check(directory, ['--online']);
  assert.match(
    refused.stdout,
    /^shop\tsecretKey\trefused\thttp:\/\/127\.0\.0\.1:\d+\tit does not take it as a server secret key/m,
  );
  assert.equal(refused.code, 1);
  write('secret-good');
  const good = await check(directory, ['--online', '--json']);
  assert.equal(good.code, 0);
  assert.equal(JSON.parse(good.stdout).online[0].result, 'ok');
  assert.deepEqual(
    JSON.parse((await check(directory, ['--json'])).stdout).online,
    [],
    'no one is asked unless it is said',
  );
});

test('a directory that cannot be written is a fault, but not on a machine without keys', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'file'), '');
  const env = { OUTBOX_DIRECTORY: './file/outbox', STATSIG_CDP_DATA: './file' };
  const { stdout, code } = await check(directory, [], env);
  assert.match(stdout, /^fault: environment: OUTBOX_DIRECTORY: .*cannot be written \(ENOTDIR\)\.$/m);
  assert.match(stdout, /^fault: environment: STATSIG_CDP_DATA: .*file is no directory\.$/m);
  assert.equal(code, 1);
  assert.equal((await check(directory, ['--no-secrets'], env)).code, 0);
});
