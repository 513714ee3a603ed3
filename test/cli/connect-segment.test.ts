// `statsig-cdp connect segment` as people and scripts run it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli, says } from '../../testkit/command-line.js';
import { freePort } from '../../testkit/free-port.js';
import { CLI } from '../../testkit/programs.js';
import { PUBLIC_API_TOKEN, startSegment } from '../../testkit/segment-public-api/stand-in.js';
import { startHere } from '../../testkit/server.js';

async function setUp(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'connect-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  const segment = await startSegment(context);
  const env = {
    PATH: process.env.PATH,
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
  };
  const at = ['--api-url', segment.url, '--tracking-url', segment.url];
  return { directory, settings, segment, env, at };
}

test('a script connects with a token of a file, sees its test event arrive, and takes all back', async (context) => {
  const { directory, settings, segment, env, at } = await setUp(context);
  const plugin = await startHere({ STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: env.OUTBOX_DIRECTORY });
  context.after(() => plugin.stop());
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, `${PUBLIC_API_TOKEN}\n`);
  const command = [
    ...['connect', 'segment', '--workspace', 'shop', '--source', 'web', '--token-file', tokenFile, ...at],
    ...['--public-url', `${plugin.publicUrl}/`, '--url', plugin.url],
  ];
  const kept = join(directory, 'kept');
  const planned = await runCli([...command, '--plan', '--json', '--keep-token', kept], { env });
  const { steps } = JSON.parse(planned.stdout);
  assert.equal(steps.length, 10);
  assert.match(planned.stderr, /^10 of 10 steps are to do\. Nothing was done\.\n$/);
  assert.deepEqual(segment.changes(), []);
  assert.deepEqual(readdirSync(settings), []);
  assert.ok(!existsSync(kept), 'a plan keeps no token');

  const { stdout } = await runCli(command, { env });
  assert.match(stdout, /^done: Make the destination "statsig-cdp shop" \(Webhooks \(Actions\)\) of the source "Web"$/m);
  assert.match(stdout, /^done: Send a test event .*\n {4}It arrived: received\.$/m);
  const names = readdirSync(join(settings, 'secrets'));
  assert.deepEqual(names, ['shop-segment-header', 'shop-segment-shared', 'shop-segment-write-key']);
  const secrets = [
    PUBLIC_API_TOKEN,
    ...names.map((name) => readFileSync(join(settings, 'secrets', name), 'utf8').trim()),
  ];
  for (const secret of secrets) assert.ok(![planned.stdout, stdout, ...plugin.lines].join('').includes(secret));

  await assert.rejects(
    runCli([...command, '--undo', '--json'], { env }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
      assert.equal(code, 1);
      assert.equal(JSON.parse(stdout).steps.length, 6);
      assert.match(stderr, /^This is taken away: 6 things\. Add --yes to do it\.$/m);
      return true;
    },
  );
  assert.equal(segment.workspace.destinations.size, 1);
  const undone = JSON.parse((await runCli([...command, '--undo', '--yes', '--json'], { env })).stdout);
  assert.deepEqual(new Set(undone.steps.map(({ result }: { result: string }) => result)), new Set(['done']));
  assert.deepEqual([segment.workspace.sources.size, segment.workspace.destinations.size], [3, 0]);
  assert.deepEqual(readdirSync(settings), []);
});

test('a person types the token unseen and picks a source by its number', {
  skip: process.platform !== 'linux',
}, async (context) => {
  const { directory, settings, segment, env, at } = await setUp(context);
  const kept = join(directory, 'kept');
  const words = [process.execPath, CLI, 'connect', 'segment', '--public-url', 'https://cdp.example', ...at];
  const line = [...words, '--no-test', '--no-outbound', '--keep-token', kept].map((word) => `'${word}'`).join(' ');
  // A terminal of its own.
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...env, TERM: 'xterm' } });
  let shown = '';
  const answers = [
    ['(it is not shown): ', PUBLIC_API_TOKEN],
    ['(number, slug or name)? ', '1'],
  ] as const;
  let asked = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [question, answer] = answers[asked] ?? [];
    if (question === undefined || !shown.includes(question)) return;
    asked += 1;
    child.stdin.write(`${answer}\r`);
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, shown);
  assert.ok(!shown.includes(PUBLIC_API_TOKEN), shown);
  assert.match(shown, /The workspace Acme has these sources:\r\n {2}1\. Web \(web\)/);
  const [destination] = segment.workspace.destinations.values();
  assert.deepEqual([destination?.name, destination?.sourceId], ['statsig-cdp default', 'source-1']);
  assert.match(readFileSync(join(settings, 'default.yaml'), 'utf8'), /^id: default$/m);
  assert.deepEqual([readFileSync(kept, 'utf8').trim(), statSync(kept).mode & 0o777], [PUBLIC_API_TOKEN, 0o600]);
});

test('what cannot be done is one sentence: a wrong token, no token, a secret in an option', async (context) => {
  const { env, at } = await setUp(context);
  const command = ['connect', 'segment', '--public-url', 'https://cdp.example', '--source', 'web', ...at];
  await assert.rejects(
    runCli(command, { env }),
    says(/^No Public API token of Segment's: .*--token-file.*SEGMENT_TOKEN/),
  );
  await assert.rejects(
    runCli(command, { env: { ...env, SEGMENT_TOKEN: 'wrong' } }),
    says(/does not take the token: .*Segment says: Unauthorized$/),
  );
  await assert.rejects(
    runCli([...command, '--secret-key', 'secret-0123'], { env }),
    says(
      /^error: option '--secret-key <reference>' cannot have this value\. It must be env:NAME or file:PATH, never the secret itself\.$/,
    ),
  );
});

test('where no process runs that could see the test event it is sent, and what was not looked at is said', async (context) => {
  const { segment, env, at } = await setUp(context);
  const url = `http://127.0.0.1:${await freePort()}`;
  const command = ['connect', 'segment', '--public-url', url, '--url', url, '--source', 'web', '--test', ...at];
  const run = async (more: object) =>
    (await runCli(command, { env: { ...env, SEGMENT_TOKEN: PUBLIC_API_TOKEN, ...more } })).stdout;
  const sentence = (why: string) =>
    new RegExp(
      `^by hand: Send a test event .*\\n {4}The test event was sent\\. Whether it arrives was not looked at\\. ${why}$`,
      'm',
    );
  assert.match(await run({}), sentence('No token: set ADMIN_TOKEN to that of the process, or run this where .* is\\.'));
  const withToken = await run({ ADMIN_TOKEN: 'admin-token-of-tests' });
  assert.match(withToken, sentence(`No statsig-cdp answers at ${url}\\.`));
  assert.deepEqual(
    segment.tracked.map(({ writeKey }) => writeKey),
    ['write-key-of-web', 'write-key-of-web'],
  );
});

test('the commands of the page run, and its plan is what is printed', async (context) => {
  const { directory, segment, env, at } = await setUp(context);
  writeFileSync(join(directory, 'token'), PUBLIC_API_TOKEN);
  const page = readFileSync(new URL('../../../docs/connect-segment.md', import.meta.url), 'utf8');
  const commands = [...page.matchAll(/^npx statsig-cdp (connect segment.*)$/gm)].map(([, words = '']) =>
    words.split(' '),
  );
  assert.equal(commands.length, 3);
  const run = async (words: readonly string[]) => {
    const source = words.includes('--source') ? [] : ['--source', 'web'];
    const here = { ...env, STATSIG_CDP_SETTINGS: 'settings', SEGMENT_TOKEN: PUBLIC_API_TOKEN };
    return (
      await runCli([...words, ...source, ...at.slice(0, 2), ...(words.includes('--plan') ? [] : ['--plan'])], {
        env: here,
        cwd: directory,
      })
    ).stdout;
  };
  const outputs = await Promise.all(
    commands.map((words) => run(words.map((word) => word.replace('YOUR-HOST', 'cdp.example.com')))),
  );
  const [, shown] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
  assert.equal(outputs.at(-1)?.replaceAll(segment.url, 'https://api.segmentapis.com'), shown);
});
